/**
 * The slices that show hand-made Endpoints.
 *
 * Source: upstream `endpointslicemirroring/reconciler.go`, `utils.go`.
 */
import type { EndpointAddress, Endpoints, EndpointSubset } from '#kinds/core/endpoints/schema.ts';
import type { Endpoint, EndpointPort, EndpointSlice } from '#kinds/discovery/endpoint-slice/schema.ts';
import { parseIp } from '#machinery/ip.ts';
import { MANAGED_BY, SERVICE_NAME } from '../endpointslice/desired.ts';
import { portsKey } from '../endpointslice/slices.ts';
import type { PortGroup } from '../endpointslice/slices.ts';
import { TRIGGER_TIME } from '../service-endpoints/pod-endpoints.ts';

/** Says whose slices these are. */
export const MIRRORING_MANAGER = 'endpointslicemirroring-controller.k8s.io';
/** Addresses of one subset that are mirrored at most: upstream's `--mirroring-max-endpoints-per-subset`. */
export const MAX_PER_SUBSET = 1000;

const SKIP_MIRROR = 'endpointslice.kubernetes.io/skip-mirror';
const LEADER = 'control-plane.alpha.kubernetes.io/leader';
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

type Family = EndpointSlice['addressType'];

/** What to mirror, and what was left out. */
export interface Mirrored {
  readonly groups: ReadonlyMap<Family, readonly PortGroup[]>;
  /** Addresses that are none. */
  readonly invalid: number;
  /** Addresses left out, invalid ones included. */
  readonly skipped: number;
}

/** Whether these Endpoints ask not to be mirrored, or are a leader election record. */
export function mayMirror({ metadata }: Endpoints): boolean {
  return metadata.labels?.[SKIP_MIRROR] !== 'true' && metadata.annotations?.[LEADER] === undefined;
}

/** The labels of mirrored slices: those of the Endpoints, and whose they are. */
export function mirroredLabels({ metadata }: Endpoints): Readonly<Record<string, string>> {
  return { ...metadata.labels, [SERVICE_NAME]: metadata.name ?? '', [MANAGED_BY]: MIRRORING_MANAGER };
}

/** The annotations of mirrored slices. */
export function mirroredAnnotations({ metadata }: Endpoints): Readonly<Record<string, string>> {
  const { [TRIGGER_TIME]: _, [LAST_APPLIED]: __, ...annotations } = metadata.annotations ?? {};
  return annotations;
}

/** Sorts the addresses by family and ports. */
export function mirrorOf({ subsets = [] }: Endpoints): Mirrored {
  const groups = new Map<Family, Map<string, { readonly ports: readonly EndpointPort[]; readonly endpoints: Endpoint[] }>>();
  let invalid = 0;
  let skipped = 0;
  for (const subset of subsets) {
    const ports = portsOf(subset);
    const all = [...(subset.addresses ?? []).map((address) => ({ address, ready: true })), ...(subset.notReadyAddresses ?? []).map((address) => ({ address, ready: false }))];
    let added = 0;
    for (const { address, ready } of all) {
      if (added >= MAX_PER_SUBSET) break;
      const ip = parseIp(address.ip);
      if (!ip) {
        invalid++;
        continue;
      }
      const family: Family = ip.family === 6 ? 'IPv6' : 'IPv4';
      const ofFamily = groups.get(family) ?? new Map<string, { readonly ports: readonly EndpointPort[]; readonly endpoints: Endpoint[] }>();
      groups.set(family, ofFamily);
      const key = portsKey(ports);
      const group = ofFamily.get(key) ?? { ports, endpoints: [] };
      ofFamily.set(key, group);
      group.endpoints.push(endpointOf(address, ready));
      added++;
    }
    skipped += all.length - added;
  }
  return { groups: new Map([...groups].map(([family, byPorts]) => [family, [...byPorts.values()]])), invalid, skipped };
}

function portsOf({ ports = [] }: EndpointSubset): readonly EndpointPort[] {
  return ports.map(({ name = '', port, protocol = 'TCP', appProtocol }) => ({ name, port, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) }));
}

function endpointOf({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint {
  return { addresses: [ip], conditions: { ready }, ...(hostname ? { hostname } : {}), ...(targetRef ? { targetRef } : {}), ...(nodeName === undefined ? {} : { nodeName }) };
}
