/**
 * Publishes the certificate authority of the API server in every namespace, as ConfigMap `kube-root-ca.crt`.
 *
 * Source: kube-controller-manager `pkg/controller/certificates/rootcacertpublisher`.
 */
import type { ReconcileContext } from '#controller/controller.ts';
import { isNamespaceTerminating } from '#controller/errors.ts';
import type { ControllerEntry } from '#controller/manager.ts';
import { watch, watchSelf } from '#controller/watches.ts';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import type { ConfigMap } from '#kinds/core/config-map/schema.ts';
import { namespaces } from '#kinds/core/namespace/kind.ts';
import { isReason } from '#machinery/status.ts';
import { publisherMetrics } from '../workload/publisher-metrics.ts';

/** The ConfigMap that projected service account volumes read. */
export const ROOT_CA_CONFIG_MAP = 'kube-root-ca.crt';
const DESCRIPTION_ANNOTATION = 'kubernetes.io/description';
const DESCRIPTION =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. ' +
  'No other usage is guaranteed across distributions of Kubernetes clusters.';

/** Whether the ConfigMap says what it should. */
export function isPublished(map: ConfigMap, caPem: string): boolean {
  const { data = {} } = map;
  return data['ca.crt'] === caPem && Object.keys(data).length === 1 && Boolean(map.metadata.annotations?.[DESCRIPTION_ANNOTATION]);
}

/** `root-ca-certificate-publisher-controller`; `caPem` is the PEM bundle that verifies the API server. */
export function rootCaController(caPem: string): ControllerEntry {
  const annotations = { [DESCRIPTION_ANNOTATION]: DESCRIPTION };
  const data = { 'ca.crt': caPem };
  return {
    name: 'root-ca-certificate-publisher-controller',
    make({ informers, metrics }) {
      const spaces = informers.of(namespaces);
      const maps = informers.of(configMaps, { fieldSelector: `metadata.name=${ROOT_CA_CONFIG_MAP}` });
      const help = 'Number of namespace syncs happened in root ca cert publisher.';
      const measured = publisherMetrics(metrics, { prefix: 'root_ca_cert_publisher', total: help, duration: help });
      const publish = async (key: string, { client, signal }: ReconcileContext): Promise<void> => {
        const namespace = spaces.lister.get(key);
        if (!namespace || namespace.metadata.deletionTimestamp || namespace.status.phase === 'Terminating') return;
        const api = client.of(configMaps).namespace(key);
        const known = maps.lister.get(`${key}/${ROOT_CA_CONFIG_MAP}`);
        if (known) {
          if (isPublished(known, caPem)) return;
          await api.update({ ...known, metadata: { ...known.metadata, annotations: { ...known.metadata.annotations, ...annotations } }, data }, {}, signal);
          return;
        }
        try {
          await api.create({ metadata: { name: ROOT_CA_CONFIG_MAP, namespace: key, annotations }, data }, {}, signal);
        } catch (error) {
          if (!isReason(error, 'AlreadyExists') && !isNamespaceTerminating(error)) throw error;
        }
      };
      return {
        name: 'root_ca_cert_publisher',
        watches: [watchSelf(spaces), watch(maps, ({ metadata }) => [metadata.namespace ?? ''])],
        reconcile: (key, context) => measured(context.clock, () => publish(key, context)),
      };
    },
  };
}
