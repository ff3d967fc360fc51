/** Which features are on. Source: component-base `metrics/prometheus/feature`. */
import type { MetricRegistry } from '#base/metrics.ts';
import type { FeatureGates } from '#machinery/feature-gates.ts';

/** One sample per gate, 1 when it is on. */
export function addFeatureMetrics(metrics: MetricRegistry, gates: FeatureGates): void {
  metrics.gauge({ name: 'kubernetes_feature_enabled', stability: 'BETA', help: 'This metric records the data about the stage and enablement of a k8s feature.', labels: ['name', 'stage'] }, () =>
    [...gates].map(([name, { stage, on }]) => ({ labels: [name, stage === 'GA' ? '' : stage], value: on ? 1 : 0 })),
  );
}
