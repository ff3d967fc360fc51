/**
 * Metrics of StatefulSets, under upstream's names.
 *
 * Source: kube-controller-manager `pkg/controller/statefulset/metrics`.
 */
import type { MetricRegistry, Sample } from '#base/metrics.ts';
import type { Informer } from '#client/informer.ts';
import type { StatefulSet } from '#kinds/apps/stateful-set/schema.ts';
import { replicasOf } from './ordinals.ts';
import { maxUnavailable } from './plan.ts';

const labels = ['statefulset_namespace', 'statefulset_name', 'pod_management_policy'];

/** Registers what is allowed to be, and what is, unavailable of every set. */
export function statefulSetMetrics(registry: MetricRegistry | undefined, sets: Informer<StatefulSet>): void {
  const each = (read: (set: StatefulSet) => number) => (): Sample[] =>
    sets.lister.list().map((set) => ({ labels: [set.metadata.namespace ?? '', set.metadata.name ?? '', set.spec.podManagementPolicy ?? 'OrderedReady'], value: read(set) }));
  const prefix = 'statefulset_controller_statefulset';
  registry?.gauge({ name: `${prefix}_max_unavailable`, help: 'Maximum number of unavailable pods allowed during StatefulSet rolling updates', labels }, each(maxUnavailable));
  registry?.gauge({ name: `${prefix}_unavailable_replicas`, help: 'Current number of unavailable pods in StatefulSet', labels }, each((set) => Math.max(replicasOf(set) - (set.status.availableReplicas ?? 0), 0)));
}
