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
  /** `current`: the replicas before, as the autoscaler's status has them. */
  computed<T extends { readonly replicas: number }>(metricType: string, current: number, run: () => Promise<T>): Promise<T>;
  /** The replicas that the autoscaler of this key wants; `undefined` when it is gone. Holds one entry per autoscaler. */
  desired(key: string, replicas: number | undefined): void;
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
    help: 'Number of reconciliations of HPA controller. The label \'action\' should be either \'scale_down\', \'scale_up\', or \'none\'. Also, the label \'error\' should be either \'spec\', \'internal\', or \'none\'. Note that if both spec and internal errors happen during a reconciliation, the first one to occur is reported in `error` label.',
    labels,
  });
  const reconciliationSeconds = registry?.histogram({ name: `${PREFIX}_reconciliation_duration_seconds`, help: 'The time(seconds) that the HPA controller takes to reconcile once. The label \'action\' should be either \'scale_down\', \'scale_up\', or \'none\'. Also, the label \'error\' should be either \'spec\', \'internal\', or \'none\'. Note that if both spec and internal errors happen during a reconciliation, the first one to occur is reported in `error` label.', labels, buckets: BUCKETS });
  const computations = registry?.counter({ name: `${PREFIX}_metric_computation_total`, help: 'Number of metric computations. The label \'action\' should be either \'scale_down\', \'scale_up\', or \'none\'. Also, the label \'error\' should be either \'spec\', \'internal\', or \'none\'. The label \'metric_type\' corresponds to HPA.spec.metrics[*].type', labels: byType });
  const computationSeconds = registry?.histogram({ name: `${PREFIX}_metric_computation_duration_seconds`, help: 'The time(seconds) that the HPA controller takes to calculate one metric. The label \'action\' should be either \'scale_down\', \'scale_up\', or \'none\'. The label \'error\' should be either \'spec\', \'internal\', or \'none\'. The label \'metric_type\' corresponds to HPA.spec.metrics[*].type', labels: byType, buckets: BUCKETS });
  registry?.gauge({ name: `${PREFIX}_num_horizontal_pod_autoscalers`, help: 'Current number of controlled HPA objects.' }, count);
  const wishes = new Map<string, number>();
  registry?.gauge({ name: `${PREFIX}_desired_replicas`, help: 'Current desired replica count for HPA objects.', labels: ['namespace', 'hpa_name'] }, () => [...wishes].map(([key, value]) => ({ labels: key.split('/'), value })));
  return {
    desired(key, replicas) {
      if (replicas === undefined) wishes.delete(key);
      else wishes.set(key, replicas);
    },
    async reconciled(run) {
      const startMs = clock.monotonicMs();
      const { action, failure } = await run();
      reconciliations?.increment([action, failure]);
      reconciliationSeconds?.observe((clock.monotonicMs() - startMs) / 1000, [action, failure]);
    },
    async computed(metricType, current, run) {
      const startMs = clock.monotonicMs();
      let failure: PassOutcome['failure'] = 'internal';
      let action: PassOutcome['action'] = 'none';
      try {
        const value = await run();
        failure = 'none';
        if (value.replicas !== current) action = value.replicas > current ? 'scale_up' : 'scale_down';
        return value;
      } finally {
        computations?.increment([action, failure, metricType]);
        computationSeconds?.observe((clock.monotonicMs() - startMs) / 1000, [action, failure, metricType]);
      }
    },
  };
}
