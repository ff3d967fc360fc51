/**
 * Distributes the endpoints of a Service over slices of at most 100, changing as few slices as possible.
 *
 *     for each set of ports:
 *       1  existing slices keep the endpoints that are still wanted, lose the others
 *       2  what is new fills the slices that change anyway, fullest first
 *       3  what remains goes into one unchanged slice that has room for all of it, else into new slices
 *
 * Source: the documented distribution of EndpointSlices; upstream `endpointslice/reconciler`.
 */
import type { Endpoint, EndpointPort, EndpointSlice } from '#kinds/discovery/endpoint-slice/schema.ts';
import { sameValue } from '#kinds/semantic-equal.ts';

/** Endpoints in one slice at most. */
export const MAX_ENDPOINTS_PER_SLICE = 100;

/** Endpoints that offer the same ports. */
export interface PortGroup {
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

/** What to do with slices. Updated ones carry their new content; new ones have no name yet. */
export interface SliceChanges {
  readonly create: readonly PortGroup[];
  readonly update: readonly EndpointSlice[];
  readonly remove: readonly EndpointSlice[];
}

/** A text that is the same for the same ports in any order. */
export function portsKey(ports: readonly EndpointPort[]): string {
  return ports
    .map(({ name = '', protocol = '', port = 0, appProtocol = '' }) => JSON.stringify([name, protocol, port, appProtocol]))
    .sort()
    .join();
}

/** Endpoints are the same one when they stand for the same pod under the same address. */
export function endpointKey({ addresses, targetRef }: Endpoint): string {
  return `${addresses[0]}/${targetRef?.uid ?? targetRef?.name ?? ''}`;
}

interface Pass {
  readonly kept: { readonly slice: EndpointSlice; readonly endpoints: Endpoint[]; changed: boolean }[];
  readonly remaining: Map<string, Endpoint>;
}

/** Step 1. */
function keepWanted(existing: readonly EndpointSlice[], group: PortGroup, labelsDiffer: (slice: EndpointSlice) => boolean): Pass {
  const remaining = new Map(group.endpoints.map((endpoint) => [endpointKey(endpoint), endpoint]));
  const kept = existing.map((slice) => {
    const endpoints: Endpoint[] = [];
    let changed = labelsDiffer(slice);
    for (const endpoint of slice.endpoints ?? []) {
      const wanted = remaining.get(endpointKey(endpoint));
      if (!wanted) {
        changed = true;
        continue;
      }
      remaining.delete(endpointKey(endpoint));
      if (!sameValue(wanted, endpoint)) changed = true;
      endpoints.push(wanted);
    }
    return { slice, endpoints, changed };
  });
  return { kept, remaining };
}

/** Plans the slices of one set of ports. */
export function planGroup(existing: readonly EndpointSlice[], group: PortGroup, labelsDiffer: (slice: EndpointSlice) => boolean): SliceChanges {
  const { kept, remaining } = keepWanted(existing, group, labelsDiffer);
  const waiting = [...remaining.values()];
  const room = (one: { endpoints: readonly Endpoint[] }): number => MAX_ENDPOINTS_PER_SLICE - one.endpoints.length;
  const byFullness = (a: { endpoints: readonly Endpoint[] }, b: { endpoints: readonly Endpoint[] }): number => b.endpoints.length - a.endpoints.length;
  for (const one of kept.filter(({ changed }) => changed).toSorted(byFullness)) one.endpoints.push(...waiting.splice(0, Math.max(room(one), 0)));
  if (waiting.length > 0 && waiting.length < MAX_ENDPOINTS_PER_SLICE) {
    const fitting = kept.filter((one) => !one.changed && room(one) >= waiting.length).toSorted(byFullness)[0];
    if (fitting) {
      fitting.changed = true;
      fitting.endpoints.push(...waiting.splice(0));
    }
  }
  const create: PortGroup[] = [];
  while (waiting.length > 0) create.push({ ports: group.ports, endpoints: waiting.splice(0, MAX_ENDPOINTS_PER_SLICE) });
  const changed = kept.filter((one) => one.changed);
  return {
    create,
    update: changed.filter(({ endpoints }) => endpoints.length > 0).map(({ slice, endpoints }) => ({ ...slice, endpoints })),
    remove: changed.filter(({ endpoints }) => endpoints.length === 0).map(({ slice }) => slice),
  };
}

/** Plans all slices of one address family. A Service without endpoints keeps one empty slice, so that it can be seen to have none. */
export function planSlices(existing: readonly EndpointSlice[], groups: readonly PortGroup[], labelsDiffer: (slice: EndpointSlice) => boolean): SliceChanges {
  const wanted = new Map(groups.map((group) => [portsKey(group.ports), group]));
  const byPorts = Map.groupBy(existing, (slice) => portsKey(slice.ports ?? []));
  const create: PortGroup[] = [];
  const update: EndpointSlice[] = [];
  let remove: EndpointSlice[] = [];
  for (const [key, group] of wanted) {
    const plan = planGroup(byPorts.get(key) ?? [], group, labelsDiffer);
    create.push(...plan.create);
    update.push(...plan.update);
    remove.push(...plan.remove);
  }
  for (const [key, slices] of byPorts) if (!wanted.has(key)) remove.push(...slices);
  if (remove.length === existing.length && create.length === 0) {
    const placeholder = remove.find((slice) => !slice.endpoints?.length && !slice.ports?.length && !labelsDiffer(slice));
    if (placeholder) remove = remove.filter((slice) => slice !== placeholder);
    else create.push({ ports: [], endpoints: [] });
  }
  return reuseRemoved({ create, update, remove });
}

/** A slice that would go takes the content of one that would come: one write instead of two, and no moment without either. */
function reuseRemoved({ create, update, remove }: SliceChanges): SliceChanges {
  const reused = Math.min(create.length, remove.length);
  const turned = remove.slice(0, reused).map((slice, i) => ({ ...slice, ports: create[i]!.ports, endpoints: create[i]!.endpoints }));
  return { create: create.slice(reused), update: [...update, ...turned], remove: remove.slice(reused) };
}
