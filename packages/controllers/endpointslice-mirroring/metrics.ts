/**
 * Metrics of mirrored endpoints, under upstream's names.
 *
 * Source: kube-controller-manager `pkg/controller/endpointslicemirroring/metrics`.
 */
import type { Histogram, MetricRegistry } from '#base/metrics.ts';
import { CHURN_BUCKETS, sliceMetrics } from '../endpointslice/metrics.ts';
import type { SliceMetrics } from '../endpointslice/metrics.ts';

/** Counts passes over Endpoints. */
export interface MirroringMetrics extends SliceMetrics {
  readonly skipped: Histogram | undefined;
  readonly updated: Histogram | undefined;
  /** In seconds. */
  readonly duration: Histogram | undefined;
}

/** 1 ms to 16 s, by twos. */
const DURATION_BUCKETS: readonly number[] = Array.from({ length: 15 }, (_, i) => 0.001 * 2 ** i);

/** Registers `endpoint_slice_mirroring_controller_…`. */
export function mirroringMetrics(registry: MetricRegistry | undefined): MirroringMetrics {
  const prefix = 'endpoint_slice_mirroring_controller';
  return {
    ...sliceMetrics(registry, prefix, 'Endpoints'),
    skipped: registry?.histogram({ name: `${prefix}_addresses_skipped_per_sync`, help: 'Number of addresses skipped on each Endpoints sync due to being invalid or exceeding MaxEndpointsPerSubset', buckets: CHURN_BUCKETS }),
    updated: registry?.histogram({ name: `${prefix}_endpoints_updated_per_sync`, help: 'Number of endpoints updated on each Endpoints sync', buckets: CHURN_BUCKETS }),
    duration: registry?.histogram({ name: `${prefix}_endpoints_sync_duration`, help: 'Duration of syncEndpoints() in seconds', buckets: DURATION_BUCKETS }),
  };
}
