/**
 * Metrics of ReplicaSets, under upstream's names.
 *
 * Source: kube-controller-manager `pkg/controller/replicaset/metrics`.
 */
import type { Histogram, MetricRegistry } from '#base/metrics.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { createdMs, isPodReady } from '../workload/pod-state.ts';

const HELP =
  "The ratio of chosen deleted pod's ages to the current youngest pod's age (at the time). Should be <2. The intent of this metric is to measure the rough efficacy of the LogarithmicScaleDown feature gate's effect on the sorting (and deletion) of pods when a replicaset scales down. This only considers Ready pods when calculating and reporting.";

/** Registers how old removed pods are, compared with the youngest. */
export function ageRatioMetric(registry: MetricRegistry | undefined): Histogram | undefined {
  return registry?.histogram({ name: 'replicaset_controller_sorting_deletion_age_ratio', help: HELP, buckets: [0.25, 0.5, 1, 2, 4, 8] });
}

/** The ratio, in whole numbers as upstream reports it, for each ready pod among the `doomed`; `all` are those that one could choose from. */
export function ageRatios(all: readonly Pod[], doomed: readonly Pod[], nowMs: number): readonly number[] {
  const youngestMs = nowMs - Math.max(...all.filter(isPodReady).map(createdMs), 0);
  if (youngestMs <= 0) return [];
  return doomed.filter(isPodReady).map((pod) => Math.floor((nowMs - createdMs(pod)) / youngestMs));
}
