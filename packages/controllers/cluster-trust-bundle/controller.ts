/**
 * Publishes what the API server's certificate is verified with, as a ClusterTrustBundle of its signer.
 *
 * Source: kube-controller-manager `pkg/controller/certificates/clustertrustbundlepublisher`; KEP-3257.
 */
import { createHash } from 'node:crypto';
import type { ReconcileContext } from '#controller/controller.ts';
import type { ControllerEntry } from '#controller/manager.ts';
import { watch } from '#controller/watches.ts';
import { clusterTrustBundles } from '#kinds/certificates/cluster-trust-bundle/kind.ts';
import { isReason } from '#machinery/status.ts';
import { publisherMetrics } from '../workload/publisher-metrics.ts';

/** The signer of API servers' certificates. */
const SIGNER = 'kubernetes.io/kube-apiserver-serving';
/** Of the content's digest in the name. */
const HASH_CHARACTERS = 12;
/** There is one bundle to look after. */
const KEY = 'bundle';

/** `kubernetes.io:kube-apiserver-serving:HASH`. */
export function bundleName(bundlePem: string): string {
  return `${SIGNER.replaceAll('/', ':')}:${createHash('sha256').update(bundlePem).digest('hex').slice(0, HASH_CHARACTERS)}`;
}

/** `kube-apiserver-serving-clustertrustbundle-publisher-controller`; runs where `clustertrustbundles` are served. */
export function clusterTrustBundlePublisher(caPem: string): ControllerEntry {
  const name = bundleName(caPem);
  return {
    name: 'kube-apiserver-serving-clustertrustbundle-publisher-controller',
    make({ informers, metrics }) {
      const bundles = informers.of(clusterTrustBundles, { fieldSelector: `spec.signerName=${SIGNER}` });
      const measured = publisherMetrics(metrics, {
        prefix: 'clustertrustbundle_publisher',
        total: 'Number of syncs that occurred in cluster trust bundle publisher.',
        duration: 'The time it took to sync a cluster trust bundle.',
      });
      const publish = async ({ client, signal }: ReconcileContext): Promise<void> => {
        const api = client.of(clusterTrustBundles);
        const known = bundles.lister.get(name);
        try {
          if (!known) await api.create({ metadata: { name }, spec: { signerName: SIGNER, trustBundle: caPem } }, {}, signal);
          else if (known.spec.trustBundle !== caPem) await api.update({ ...known, spec: { ...known.spec, trustBundle: caPem } }, {}, signal);
        } catch (error) {
          if (!isReason(error, 'AlreadyExists')) throw error;
        }
        // Earlier ones go only once this one is there.
        for (const { metadata } of bundles.lister.list()) {
          if (metadata.name === name || metadata.deletionTimestamp) continue;
          await api.delete(metadata.name ?? '', metadata.uid ? { preconditions: { uid: metadata.uid } } : {}, signal).catch((error: unknown) => {
            if (!isReason(error, 'NotFound')) throw error;
          });
        }
      };
      return {
        name: 'ctb_kubernetes.io_kube-apiserver-serving',
        concurrency: 1,
        watches: [watch(bundles, () => [KEY])],
        background(_context, enqueue) {
          enqueue(KEY);
          return Promise.resolve();
        },
        reconcile: (_key, context) => measured(context.clock, () => publish(context)),
      };
    },
  };
}
