/**
 * Metrics of endpoint slices, under upstream's names.
 *
 * Source: `k8s.io/endpointslice/metrics`; kube-controller-manager `pkg/controller/endpointslicemirroring/metrics`.
 */
import type { MetricRegistry } from '#base/metrics.ts';
import type { Endpoint, EndpointSlice } from '#kinds/discovery/endpoint-slice/schema.ts';
import { endpointKey, MAX_ENDPOINTS_PER_SLICE } from './slices.ts';
import type { PortGroup, SliceChanges } from './slices.ts';

/** What one Service has and should have. */
export interface SliceCounts {
  readonly endpoints: number;
  readonly slices: number;
  /** Slices it would have if all were as full as can be. */
  readonly ideal: number;
}

/** What one pass changed. */
export interface SliceChurn {
  readonly added: number;
  readonly removed: number;
}

/** Counts what passes change, and what the Services have. */
export interface SliceMetrics {
  changed(operation: 'create' | 'update' | 'delete', count: number): void;
  /** Endpoints that came and went in one family of addresses. */
  churned(churn: SliceChurn): void;
  /** What the Service of this key has now; `undefined` when it is gone. Holds one entry per Service. */
  holds(key: string, counts: SliceCounts | undefined): void;
}

/** 2 to 32768, by twos. */
export const CHURN_BUCKETS: readonly number[] = Array.from({ length: 15 }, (_, i) => 2 ** (i + 1));

/** Registers the metrics below `prefix` (`endpoint_slice_controller`); `object` is what is synced. Without a registry nothing is kept. */
export function sliceMetrics(registry: MetricRegistry | undefined, prefix: string, object: 'Service' | 'Endpoints'): SliceMetrics {
  const held = new Map<string, SliceCounts>();
  const total = (read: (counts: SliceCounts) => number) => (): number => held.values().reduce((sum, counts) => sum + read(counts), 0);
  registry?.gauge({ name: `${prefix}_desired_endpoint_slices`, help: 'Number of EndpointSlices that would exist with perfect endpoint allocation' }, total(({ ideal }) => ideal));
  registry?.gauge({ name: `${prefix}_num_endpoint_slices`, help: 'Number of EndpointSlices' }, total(({ slices }) => slices));
  registry?.gauge({ name: `${prefix}_endpoints_desired`, help: 'Number of endpoints desired' }, total(({ endpoints }) => endpoints));
  const changes = registry?.counter({ name: `${prefix}_changes`, help: 'Number of EndpointSlice changes', labels: ['operation'] });
  const added = registry?.histogram({ name: `${prefix}_endpoints_added_per_sync`, help: `Number of endpoints added on each ${object} sync`, buckets: CHURN_BUCKETS });
  const removed = registry?.histogram({ name: `${prefix}_endpoints_removed_per_sync`, help: `Number of endpoints removed on each ${object} sync`, buckets: CHURN_BUCKETS });
  return {
    changed(operation, count) {
      if (count > 0) changes?.increment([operation], count);
    },
    churned(churn) {
      added?.observe(churn.added);
      removed?.observe(churn.removed);
    },
    holds(key, counts) {
      if (counts) held.set(key, counts);
      else held.delete(key);
    },
  };
}

/** How many slices hold `groups` when all are as full as can be: at least the one that says there is nothing. */
export function idealSlices(groups: readonly PortGroup[]): number {
  return Math.max(groups.reduce((sum, { endpoints }) => sum + Math.ceil(endpoints.length / MAX_ENDPOINTS_PER_SLICE), 0), 1);
}

/** Which endpoints of `existing` are not among `groups`, and the other way round. */
export function churnOf(existing: readonly EndpointSlice[], groups: readonly PortGroup[]): SliceChurn {
  const keys = (of: readonly { readonly endpoints?: readonly Endpoint[] }[]): ReadonlySet<string> => new Set(of.flatMap(({ endpoints }) => (endpoints ?? []).map(endpointKey)));
  const [before, after] = [keys(existing), keys(groups)];
  return { added: after.difference(before).size, removed: before.difference(after).size };
}

/** How many slices there are after `changes` to `existing`. */
export function slicesAfter(existing: readonly EndpointSlice[], { create, remove }: SliceChanges): number {
  return existing.length + create.length - remove.length;
}
