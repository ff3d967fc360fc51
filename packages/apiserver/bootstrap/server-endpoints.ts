/**
 * What the `kubernetes` service leads to: the addresses of the servers that live.
 *
 * Source: kubernetes `pkg/controlplane/reconcilers`.
 */
import { endpoints } from '#kinds/core/endpoints/kind.ts';
import { endpointSlices } from '#kinds/discovery/endpoint-slice/kind.ts';
import type { Ensurer } from './ensure.ts';
import type { ServerAddress } from './server-leases.ts';

/** Loopback addresses mean something else everywhere: a server that has no other (in tests, or in process) announces none. */
const LOOPBACK = /^(127\.|::1$)/;

/** Whether nodes and pods can reach a server there. */
export function isAnnounced({ host }: ServerAddress): boolean {
  return !LOOPBACK.test(host);
}

const METADATA = { name: 'kubernetes', namespace: 'default' };
const portsOf = (port: number) => [{ name: 'https', port, protocol: 'TCP' as const }];
const familyOf = (host: string): 'IPv4' | 'IPv6' => (host.includes(':') ? 'IPv6' : 'IPv4');

/** A port with the hosts that listen on it. */
interface PortGroup {
  readonly port: number;
  readonly hosts: readonly string[];
}

/** Servers by port, hosts sorted; the port that most servers have first, so that all servers come to the same answer. */
function groupByPort(servers: readonly ServerAddress[]): PortGroup[] {
  const hosts = new Map<number, Set<string>>();
  for (const { host, port } of servers) hosts.set(port, (hosts.get(port) ?? new Set()).add(host));
  const groups = [...hosts].map(([port, all]): PortGroup => ({ port, hosts: [...all].toSorted() }));
  return groups.toSorted((a, b) => b.hosts.length - a.hosts.length || a.port - b.port);
}

/** Writes the endpoints where they differ. */
export async function ensureServerEndpoints(ensurer: Ensurer, servers: readonly ServerAddress[]): Promise<void> {
  const groups = groupByPort(servers);
  const subsets = groups.map(({ port, hosts }) => ({ addresses: hosts.map((ip) => ({ ip })), ports: portsOf(port) }));
  const skipMirror = { 'endpointslice.kubernetes.io/skip-mirror': 'true' };
  await ensurer.ensure(endpoints, { kind: 'Endpoints', apiVersion: 'v1', metadata: { ...METADATA, labels: skipMirror }, subsets }, (stored) =>
    JSON.stringify(stored.subsets ?? []) === JSON.stringify(subsets) ? undefined : { ...stored, subsets },
  );
  // A slice has one set of ports and one family: the first server's kind of address, on the port that most have.
  const [first] = groups;
  const addressType = familyOf(first?.hosts[0] ?? '');
  const ports = first ? portsOf(first.port) : [];
  const all = (first?.hosts ?? []).filter((host) => familyOf(host) === addressType).map((host) => ({ addresses: [host], conditions: { ready: true } }));
  const labels = { 'kubernetes.io/service-name': 'kubernetes' };
  await ensurer.ensure(endpointSlices, { kind: 'EndpointSlice', apiVersion: 'discovery.k8s.io/v1', metadata: { ...METADATA, labels }, addressType, endpoints: all, ports }, (stored) => {
    if (stored.addressType !== addressType) return 'recreate';
    const has = stored.endpoints.map(({ addresses }) => addresses[0]);
    const same = JSON.stringify(has) === JSON.stringify(all.map(({ addresses }) => addresses[0])) && stored.ports?.[0]?.port === ports[0]?.port;
    return same ? undefined : { ...stored, endpoints: all, ports };
  });
}
