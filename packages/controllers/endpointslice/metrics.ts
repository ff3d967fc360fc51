/**
 * Metrics of endpoint slices, under upstream's names.
 *
 * Source: `k8s.io/endpointslice/metrics`.
 */
import type { MetricRegistry } from '#base/metrics.ts';

/** Counts passes and what they change. */
export interface SliceMetrics {
  synced(result: 'success' | 'error'): void;
  changed(operation: 'create' | 'update' | 'delete', count: number): void;
}

/** Registers the metrics below `prefix` (`endpoint_slice_controller`); without a registry nothing is kept. */
export function sliceMetrics(registry: MetricRegistry | undefined, prefix: string): SliceMetrics {
  const syncs = registry?.counter({ name: `${prefix}_syncs`, help: 'Number of EndpointSlice syncs', labels: ['result'] });
  const changes = registry?.counter({ name: `${prefix}_changes`, help: 'Number of EndpointSlice changes', labels: ['operation'] });
  return {
    synced: (result) => syncs?.increment([result]),
    changed(operation, count) {
      if (count > 0) changes?.increment([operation], count);
    },
  };
}
