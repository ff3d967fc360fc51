/** The objects every cluster has from its first moment. Source: kubernetes `controlplane` and its controllers. */
import { configMaps } from '#kinds/core/config-map/kind.ts';
import { namespaces } from '#kinds/core/namespace/kind.ts';
import { services } from '#kinds/core/service/kind.ts';
import { flowSchemas } from '#kinds/flowcontrol/flow-schema/kind.ts';
import { priorityLevelConfigurations } from '#kinds/flowcontrol/priority-level-configuration/kind.ts';
import { serviceCIDRs } from '#kinds/networking/service-cidr/kind.ts';
import { priorityClasses } from '#kinds/scheduling/priority-class/kind.ts';
import { FRONT_PROXY_HEADERS } from '../authentication/front-proxy.ts';
import type { KubeObject } from '#machinery/kind.ts';
import { defaultLevels, defaultSchemas } from '../fairness/defaults.ts';
import type { Ensurer } from './ensure.ts';

/** What the objects say about this cluster. */
export interface ClusterFacts {
  /** Service blocks; the first address of the first one is the API server's. */
  readonly serviceCidrs: readonly string[];
  /** The `kubernetes` service's address. */
  readonly serviceIp: string;
  /** Where servers can be reached from nodes and pods. */
  readonly advertise: { readonly host: string; readonly port: number };
  /** PEM. */
  readonly clientCa: string;
  readonly frontProxyCa: string;
  readonly frontProxyNames: readonly string[];
}

const SYSTEM = 'kube-system';
const SYSTEM_NAMESPACES = [SYSTEM, 'default', 'kube-public', 'kube-node-lease'];
const SYSTEM_PRIORITY = 2_000_000_000;

/** Makes the system's namespaces; everything else needs them. */
export async function ensureNamespaces(ensurer: Ensurer): Promise<void> {
  await Promise.all(SYSTEM_NAMESPACES.map((name) => ensurer.ensure(namespaces, { kind: 'Namespace', apiVersion: 'v1', metadata: { name } })));
}

/** Makes the rest. */
export async function ensureSystemObjects(ensurer: Ensurer, facts: ClusterFacts): Promise<void> {
  await Promise.all([
    ...ensureFlows(ensurer),
    ensurePriorityClass(ensurer, 'system-node-critical', SYSTEM_PRIORITY + 1000, 'Used for system critical pods that must not be moved from their current node.'),
    ensurePriorityClass(ensurer, 'system-cluster-critical', SYSTEM_PRIORITY, 'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.'),
    ensureAuthenticationConfig(ensurer, facts),
    ensureServer(ensurer, facts),
  ]);
}

function ensureFlows(ensurer: Ensurer): Promise<void>[] {
  const apiVersion = 'flowcontrol.apiserver.k8s.io/v1';
  const annotations = { [AUTO_UPDATE]: 'true' };
  return [
    ...defaultLevels.map(({ name, spec }) =>
      ensurer.ensure(priorityLevelConfigurations, { kind: 'PriorityLevelConfiguration', apiVersion, metadata: { name, annotations }, spec }, asSuggested(spec)),
    ),
    ...defaultSchemas.map(({ name, spec }) => ensurer.ensure(flowSchemas, { kind: 'FlowSchema', apiVersion, metadata: { name, annotations }, spec }, asSuggested(spec))),
  ];
}

/** Whether a newer release may change a default object: while nobody says otherwise. */
const AUTO_UPDATE = 'apf.kubernetes.io/autoupdate-spec';

/** Mends the specification of what may be changed. */
function asSuggested<S extends object, T extends KubeObject & { readonly spec: unknown }>(spec: S): (stored: T) => T | undefined {
  return (stored) => (stored.metadata.annotations?.[AUTO_UPDATE] !== 'true' || holds(stored.spec, spec) ? undefined : { ...stored, spec });
}

/** Whether `stored` says all that `wanted` says; what defaults add does not count. */
function holds(stored: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return stored === wanted;
  if (typeof stored !== 'object' || stored === null) return false;
  if (Array.isArray(wanted) && (!Array.isArray(stored) || stored.length !== wanted.length)) return false;
  return Object.entries(wanted).every(([name, value]) => holds((stored as Record<string, unknown>)[name], value));
}

function ensurePriorityClass(ensurer: Ensurer, name: string, value: number, description: string): Promise<void> {
  return ensurer.ensure(priorityClasses, { kind: 'PriorityClass', apiVersion: 'scheduling.k8s.io/v1', metadata: { name }, value, description });
}

/** Tells extension servers how to know the users that this server vouches for. */
function ensureAuthenticationConfig(ensurer: Ensurer, facts: ClusterFacts): Promise<void> {
  const data = {
    'client-ca-file': facts.clientCa,
    'requestheader-allowed-names': JSON.stringify(facts.frontProxyNames),
    'requestheader-client-ca-file': facts.frontProxyCa,
    'requestheader-extra-headers-prefix': JSON.stringify(['X-Remote-Extra-']),
    'requestheader-group-headers': JSON.stringify(['X-Remote-Group']),
    'requestheader-uid-headers': JSON.stringify(FRONT_PROXY_HEADERS.uid.map(headerCase)),
    'requestheader-username-headers': JSON.stringify(['X-Remote-User']),
  };
  const metadata = { name: 'extension-apiserver-authentication', namespace: SYSTEM };
  return ensurer.ensure(configMaps, { kind: 'ConfigMap', apiVersion: 'v1', metadata, data }, (stored) =>
    Object.entries(data).every(([key, value]) => stored.data?.[key] === value) ? undefined : { ...stored, data: { ...stored.data, ...data } },
  );
}

function headerCase(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_match, dash: string, letter: string) => dash + letter.toUpperCase());
}

/** The `kubernetes` service with the addresses of the server behind it. */
async function ensureServer(ensurer: Ensurer, { serviceCidrs, serviceIp, advertise }: ClusterFacts): Promise<void> {
  await ensurer.ensure(serviceCIDRs, { kind: 'ServiceCIDR', apiVersion: 'networking.k8s.io/v1', metadata: { name: 'kubernetes' }, spec: { cidrs: serviceCidrs } });
  const metadata = { name: 'kubernetes', namespace: 'default' };
  await ensurer.ensure(
    services,
    {
      kind: 'Service',
      apiVersion: 'v1',
      metadata: { ...metadata, labels: { component: 'apiserver', provider: 'kubernetes' } },
      spec: { clusterIP: serviceIp, clusterIPs: [serviceIp], ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: advertise.port }], sessionAffinity: 'None', type: 'ClusterIP' },
    },
    (stored) => {
      const ports = stored.spec?.ports ?? [];
      if (ports.length === 1 && ports[0]!.port === 443 && ports[0]!.targetPort === advertise.port) return undefined;
      return { ...stored, spec: { ...stored.spec, ports: [{ name: 'https', port: 443, protocol: 'TCP' as const, targetPort: advertise.port }] } };
    },
  );
}
