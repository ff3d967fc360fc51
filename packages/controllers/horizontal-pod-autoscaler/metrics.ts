/**
 * Metrics of the autoscaler, under upstream's names.
 *
 * Source: kube-controller-manager `pkg/controller/podautoscaler/monitor`.
 */
import type { Clock } from '#base/clock.ts';
import type { MetricRegistry } from '#base/metrics.ts';

/** What a pass did, and whose fault it was when it failed: `spec`, `internal` or nobody's. */
export interface PassOutcome {
  readonly action: 'scale_up' | 'scale_down' | 'none';
  readonly failure: 'spec' | 'internal' | 'none';
}

/** Measures passes and the metrics they read. */
export interface AutoscalerMetrics {
  reconciled(run: () => Promise<PassOutcome>): Promise<void>;
  computed<T>(metricType: string, run: () => Promise<T>): Promise<T>;
}

/** 1 ms to 16 s, by twos. */
const BUCKETS: readonly number[] = Array.from({ length: 15 }, (_, i) => 0.001 * 2 ** i);
const PREFIX = 'horizontal_pod_autoscaler_controller';

/** Registers the metrics; without a registry nothing is kept. */
export function autoscalerMetrics(registry: MetricRegistry | undefined, clock: Clock, count: () => number): AutoscalerMetrics {
  const labels = ['action', 'error'];
  const byType = ['action', 'error', 'metric_type'];
  const reconciliations = registry?.counter({
    name: `${PREFIX}_reconciliations_total`,
    help: 'Number of reconciliations of HPA controller. The label \'action\' should be either \'scale_down\', \'scale_up\', or \'none\'. Also, the label \'error\' should be either \'spec\', \'internal\', or \'none\'.',
    labels,
  });
  const reconciliationSeconds = registry?.histogram({ name: `${PREFIX}_reconciliation_duration_seconds`, help: 'The time(seconds) that the HPA controller takes to reconcile once.', labels, buckets: BUCKETS });
  const computations = registry?.counter({ name: `${PREFIX}_metric_computation_total`, help: 'Number of metric computations.', labels: byType });
  const computationSeconds = registry?.histogram({ name: `${PREFIX}_metric_computation_duration_seconds`, help: 'The time(seconds) that the HPA controller takes to calculate one metric.', labels: byType, buckets: BUCKETS });
  registry?.gauge({ name: `${PREFIX}_num_horizontal_pod_autoscalers`, help: 'Current number of controlled HPA objects.' }, count);
  return {
    async reconciled(run) {
      const startMs = clock.monotonicMs();
      const { action, failure } = await run();
      reconciliations?.increment([action, failure]);
      reconciliationSeconds?.observe((clock.monotonicMs() - startMs) / 1000, [action, failure]);
    },
    async computed(metricType, run) {
      const startMs = clock.monotonicMs();
      let failure = 'internal';
      try {
        const value = await run();
        failure = 'none';
        return value;
      } finally {
        computations?.increment(['none', failure, metricType]);
        computationSeconds?.observe((clock.monotonicMs() - startMs) / 1000, ['none', failure, metricType]);
      }
    },
  };
}
