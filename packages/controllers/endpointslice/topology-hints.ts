/**
 * Topology aware routing: which zone's clients each endpoint is for, so that every zone has endpoints in proportion to its share of the CPUs.
 *
 *     each ready endpoint serves its own zone ──> zones with too many give some to zones with too few ──> no zone is overloaded by more than a fifth
 *
 * Source: the documented topology aware routing; `k8s.io/endpointslice/topologycache`.
 */
import type { Node } from '#kinds/core/node/schema.ts';
import type { Service } from '#kinds/core/service/schema.ts';
import type { Endpoint, EndpointSlice } from '#kinds/discovery/endpoint-slice/schema.ts';
import { quantityMilliValue } from '#machinery/quantity.ts';
import { endpointKey } from './slices.ts';
import type { PortGroup } from './slices.ts';

const ZONE = 'topology.kubernetes.io/zone';
const MODE_ANNOTATION = 'service.kubernetes.io/topology-mode';
const OLD_MODE_ANNOTATION = 'service.kubernetes.io/topology-aware-hints';
/** Nodes with these labels serve no clients. */
const EXCLUDED_LABELS = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'];
/** By how much an endpoint may be overloaded. */
const OVERLOAD = 0.2;

/** Whether the Service asks for hints. */
export function asksForHints({ metadata: { annotations = {} } }: Service): boolean {
  const mode = annotations[MODE_ANNOTATION] ?? annotations[OLD_MODE_ANNOTATION];
  return mode === 'Auto' || mode === 'auto';
}

/** What of a node the hints depend on. */
export function zoneFacts({ metadata: { labels = {} }, status }: Node): string {
  const isReady = status.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
  const isExcluded = EXCLUDED_LABELS.some((label) => labels[label] !== undefined);
  return [isReady && !isExcluded, labels[ZONE] ?? '', status.allocatable?.['cpu'] ?? ''].join();
}

/** Each zone's share of the CPUs of the cluster; `undefined` when some node does not say, or there is only one zone. */
export function zoneShares(nodes: readonly Node[]): ReadonlyMap<string, number> | undefined {
  const byZone = new Map<string, number>();
  let total = 0;
  for (const node of nodes) {
    if (!zoneFacts(node).startsWith('true')) continue;
    const zone = node.metadata.labels?.[ZONE] ?? '';
    const milli = quantityMilliValue(node.status.allocatable?.['cpu'] ?? '0');
    if (!zone || milli === 0) return undefined;
    byZone.set(zone, (byZone.get(zone) ?? 0) + milli);
    total += milli;
  }
  return byZone.size < 2 ? undefined : new Map([...byZone].map(([zone, milli]) => [zone, milli / total]));
}

/** How many endpoints a zone should have. */
interface Allocation {
  readonly minimum: number;
  readonly maximum: number;
  readonly desired: number;
}

function allocate(count: number, shares: ReadonlyMap<string, number>): ReadonlyMap<string, Allocation> | string {
  const counts = `(${count} endpoints, ${shares.size} zones)`;
  if (shares.size > count) return `Insufficient number of endpoints ${counts}`;
  const minimumOf = (share: number): number => Math.ceil(share * count * (1 / (1 + OVERLOAD)));
  const least = shares.values().reduce((sum, share) => sum + minimumOf(share), 0);
  if (least > count) return `Unable to allocate minimum required endpoints to each zone without exceeding overload threshold ${counts}`;
  return new Map(
    [...shares].map(([zone, share]) => {
      const minimum = minimumOf(share);
      return [zone, { minimum, maximum: minimum + count - least, desired: Math.max(share * count, minimum) }];
    }),
  );
}

/** Endpoints with hints, or why there are none, in the words of the event. */
export type Hinted = { readonly groups: readonly PortGroup[] } | { readonly problem: string };

/** Gives every ready endpoint its hint. Hints of `existing` slices stay while they are good: endpoints should not change for nothing. */
export function withZoneHints(groups: readonly PortGroup[], existing: readonly EndpointSlice[], shares: ReadonlyMap<string, number> | undefined): Hinted {
  if (!shares) return { problem: 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes' };
  const ready = groups.flatMap(({ endpoints }) => endpoints).filter(({ conditions }) => conditions.ready);
  const allocations = allocate(ready.length, shares);
  if (typeof allocations === 'string') return { problem: allocations };
  if (ready.some(({ zone }) => !zone)) return { problem: 'One or more endpoints do not have a zone specified' };
  const zones = keptHints(ready, existing, allocations) ?? newHints(ready, allocations);
  const hinted = (one: Endpoint): Endpoint => {
    const { hints: _, ...endpoint } = one;
    const zone = zones.get(endpointKey(endpoint));
    return zone === undefined ? endpoint : { ...endpoint, hints: { forZones: [{ name: zone }] } };
  };
  return { groups: groups.map(({ ports, endpoints }) => ({ ports, endpoints: endpoints.map(hinted) })) };
}

function countZones(zones: ReadonlyMap<string, string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const zone of zones.values()) counts.set(zone, (counts.get(zone) ?? 0) + 1);
  return counts;
}

/** The hints of the slices as they are; `undefined` when an endpoint lacks one or a zone has too few or too many. */
function keptHints(ready: readonly Endpoint[], existing: readonly EndpointSlice[], allocations: ReadonlyMap<string, Allocation>): ReadonlyMap<string, string> | undefined {
  const known = new Map(existing.flatMap(({ endpoints }) => (endpoints ?? []).map((one) => [endpointKey(one), one.hints?.forZones?.[0]?.name])));
  const zones = new Map<string, string>();
  for (const endpoint of ready) {
    const zone = known.get(endpointKey(endpoint));
    if (zone === undefined || !allocations.has(zone)) return undefined;
    zones.set(endpointKey(endpoint), zone);
  }
  const counts = countZones(zones);
  return [...allocations].every(([zone, { minimum, maximum }]) => (counts.get(zone) ?? 0) >= minimum && (counts.get(zone) ?? 0) <= maximum) ? zones : undefined;
}

/** Every endpoint for its own zone, but for those that zones with too many give away. */
function newHints(ready: readonly Endpoint[], allocations: ReadonlyMap<string, Allocation>): ReadonlyMap<string, string> {
  const zones = new Map(ready.map((endpoint) => [endpointKey(endpoint), endpoint.zone ?? '']));
  const { giving, receiving } = exchange(countZones(zones), allocations);
  for (const { zone = '', ...endpoint } of ready) {
    const [to] = receiving.keys();
    if (to === undefined || giving.size === 0) break;
    if (!giving.has(zone)) continue;
    zones.set(endpointKey(endpoint), to);
    takeOne(giving, zone);
    takeOne(receiving, to);
  }
  return zones;
}

function takeOne(counts: Map<string, number>, zone: string): void {
  const left = (counts.get(zone) ?? 0) - 1;
  if (left > 0) counts.set(zone, left);
  else counts.delete(zone);
}

interface Exchange {
  readonly giving: Map<string, number>;
  readonly receiving: Map<string, number>;
}

/** How many endpoints each zone gives away and gets: one at a time from the one with most to the one with least, while that makes things better. */
function exchange(counts: ReadonlyMap<string, number>, allocations: ReadonlyMap<string, Allocation>): Exchange {
  const surplus = new Map<string, number>();
  const lack = new Map<string, number>();
  for (const [zone, { desired }] of allocations) {
    const difference = (counts.get(zone) ?? 0) - desired;
    if (difference > 0) surplus.set(zone, difference);
    if (difference < 0) lack.set(zone, -difference);
  }
  const giving = new Map<string, number>();
  const receiving = new Map<string, number>();
  for (;;) {
    const [from, most] = greatest(surplus);
    const [to, least] = greatest(lack);
    if (from === '' || to === '' || (most < 1 && least < 1) || most < 0.5 || least < 0.5) return { giving, receiving };
    surplus.set(from, most - 1);
    lack.set(to, least - 1);
    giving.set(from, (giving.get(from) ?? 0) + 1);
    receiving.set(to, (receiving.get(to) ?? 0) + 1);
  }
}

function greatest(amounts: ReadonlyMap<string, number>): readonly [string, number] {
  let found: readonly [string, number] = ['', 0];
  for (const one of amounts) if (one[1] > found[1]) found = one;
  return found;
}
