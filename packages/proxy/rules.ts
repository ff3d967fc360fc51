/**
 * Services and endpoint slices become rules: what is reached where, and which backends take it. Pure; knows no packet filter.
 */
import type { Service, ServicePort } from '#kinds/core/service/schema.ts';
import type { EndpointSlice } from '#kinds/discovery/endpoint-slice/schema.ts';
import { type Backend, candidatesOf, chooseBackends, type Place } from './endpoints.ts';

/** Layer 4 protocols of services. */
export type Protocol = 'tcp' | 'udp' | 'sctp';

/** What happens to traffic of one kind: sent to backends, dropped (they are elsewhere and it must not travel) or refused. */
export type Outcome = 'cluster' | 'local' | 'drop' | 'reject';

/** One port of one service in one address family. */
export interface ServiceRule {
  /** `NAMESPACE/NAME/PORT-NAME/PROTOCOL`: unique within a family. */
  readonly id: string;
  readonly protocol: Protocol;
  readonly port: number;
  readonly clusterIps: readonly string[];
  readonly externalIps: readonly string[];
  readonly loadBalancerIps: readonly string[];
  /** Who may use the load balancer addresses; undefined: everyone. */
  readonly sourceRanges: readonly string[] | undefined;
  readonly nodePort: number | undefined;
  readonly cluster: readonly Backend[];
  readonly local: readonly Backend[];
  /** Addresses of ready endpoints: those that are meant to get traffic, not only because no other is left. */
  readonly inService: readonly string[];
  /** Endpoints on this node, to which they may connect through the service themselves. */
  readonly onNode: readonly string[];
  /** Traffic to the cluster IP. */
  readonly internal: Outcome;
  /** Traffic to node ports, external and load balancer addresses. `local` keeps the client's address; pods and the node itself use all backends. */
  readonly external: Outcome;
  /** How long a client keeps its backend, in seconds; undefined: every connection is spread anew. */
  readonly affinitySeconds: number | undefined;
}

/** Where the proxy runs, and for which address family the rules are. */
export interface RuleContext extends Place {
  readonly family: 'IPv4' | 'IPv6';
}

/** Another proxy looks after services with the first of these labels; those with the second have no virtual address, whatever they say. Source: kube-proxy's selector of services. */
const FOREIGN_LABELS = ['service.kubernetes.io/service-proxy-name', 'service.kubernetes.io/headless'];
const DEFAULT_AFFINITY_SECONDS = 10_800;

/** The rules of one service, one per port; none for services that are not proxied. `slices` are all of this service's. */
export function rulesOf(service: Service, slices: readonly EndpointSlice[], context: RuleContext): ServiceRule[] {
  if (!isProxied(service)) return [];
  const clusterIps = inFamily(service.spec.clusterIPs ?? [service.spec.clusterIP!], context);
  if (clusterIps.length === 0) return [];
  return (service.spec.ports ?? []).map((port) => ruleOf(service, port, slices, { ...context, clusterIps }));
}

/** Whether this service is a virtual address at all, and ours. */
export function isProxied(service: Service): boolean {
  const { clusterIP, type } = service.spec;
  return !!clusterIP && clusterIP !== 'None' && type !== 'ExternalName' && FOREIGN_LABELS.every((name) => service.metadata.labels?.[name] === undefined);
}

function ruleOf(
  service: Service,
  port: ServicePort,
  slices: readonly EndpointSlice[],
  context: RuleContext & { clusterIps: readonly string[] },
): ServiceRule {
  const { spec, metadata } = service;
  const protocol = port.protocol ?? 'TCP';
  const candidates = candidatesOf(slices, { name: port.name ?? '', protocol }, context.family, context);
  const { cluster, local, any } = chooseBackends(candidates, context);
  const onlyHere = local.length > 0 ? 'local' : any ? 'drop' : 'reject';
  const anywhere = cluster.length > 0 ? 'cluster' : 'reject';
  const { sessionAffinityConfig: affinity } = spec;
  return {
    id: `${metadata.namespace}/${metadata.name}/${port.name ?? ''}/${protocol.toLowerCase()}`,
    protocol: protocol.toLowerCase() as Protocol,
    port: port.port,
    clusterIps: context.clusterIps,
    externalIps: inFamily(spec.externalIPs ?? [], context),
    loadBalancerIps: inFamily(loadBalancerIps(service), context),
    sourceRanges: sourceRanges(service, context),
    nodePort: port.nodePort || undefined,
    cluster: cluster.map(({ address, port: number }) => ({ address, port: number })),
    local: local.map(({ address, port: number }) => ({ address, port: number })),
    inService: [...new Set(candidates.filter((candidate) => candidate.ready).map((candidate) => candidate.address))],
    onNode: [...new Set(candidates.filter((candidate) => candidate.local).map((candidate) => candidate.address))],
    internal: spec.internalTrafficPolicy === 'Local' ? onlyHere : anywhere,
    external: spec.externalTrafficPolicy === 'Local' ? onlyHere : anywhere,
    affinitySeconds: spec.sessionAffinity === 'ClientIP' ? (affinity?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS) : undefined,
  };
}

/** Addresses with mode `Proxy` are left to the load balancer itself. */
function loadBalancerIps(service: Service): string[] {
  if (service.spec.type !== 'LoadBalancer') return [];
  return (service.status.loadBalancer.ingress ?? []).flatMap((ingress) => (ingress.ip && ingress.ipMode !== 'Proxy' ? [ingress.ip] : []));
}

function sourceRanges(service: Service, context: RuleContext): string[] | undefined {
  const ranges = service.spec.loadBalancerSourceRanges;
  if (service.spec.type !== 'LoadBalancer' || !ranges || ranges.length === 0) return undefined;
  return inFamily(
    ranges.map((range) => range.trim()),
    context,
  );
}

function inFamily(addresses: readonly string[], context: RuleContext): string[] {
  return addresses.filter((address) => address.includes(':') === (context.family === 'IPv6'));
}

/** `NAMESPACE/NAME` of the service a slice belongs to, or undefined for a slice that is nobody's. */
export function serviceKeyOfSlice(slice: EndpointSlice): string | undefined {
  const name = slice.metadata.labels?.['kubernetes.io/service-name'];
  return name ? `${slice.metadata.namespace}/${name}` : undefined;
}
