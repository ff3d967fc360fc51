/**
 * What a StatefulSet's status says.
 *
 * Source: upstream `pkg/controller/statefulset/stateful_set_control.go`.
 */
import type { StatefulSetStatus } from '#kinds/apps/stateful-set/schema.ts';
import { sameValue } from '#kinds/semantic-equal.ts';
import { availableInMs, isTerminating } from '../workload/pod-state.ts';
import { isAvailable, isRunningAndReady, replicasOf, revisionOf } from './ordinals.ts';
import type { SetFacts } from './plan.ts';

/** The status; a finished rolling update makes the update revision the current one. */
export function statefulSetStatus({ set, pods, currentRevision, updateRevision, nowMs }: SetFacts, collisionCount: number): StatefulSetStatus {
  const lasting = pods.filter((pod) => !isTerminating(pod));
  const status: StatefulSetStatus = {
    ...(set.metadata.generation ? { observedGeneration: set.metadata.generation } : {}),
    replicas: pods.length,
    readyReplicas: pods.filter(isRunningAndReady).length,
    availableReplicas: pods.filter((pod) => isAvailable(pod, set, nowMs)).length,
    currentReplicas: lasting.filter((pod) => revisionOf(pod) === currentRevision).length,
    updatedReplicas: lasting.filter((pod) => revisionOf(pod) === updateRevision).length,
    currentRevision,
    updateRevision,
    collisionCount,
    ...(set.status.conditions ? { conditions: set.status.conditions } : {}),
  };
  const wanted = replicasOf(set);
  const updated = set.spec.updateStrategy.type !== 'OnDelete' && status.updatedReplicas === wanted && status.readyReplicas === wanted && status.replicas === wanted;
  return updated ? { ...status, currentReplicas: wanted, currentRevision: updateRevision } : status;
}

/** Whether two statuses say the same. Absent counts are zero. */
export function sameStatefulSetStatus(a: StatefulSetStatus, b: StatefulSetStatus): boolean {
  const counts = ['observedGeneration', 'replicas', 'readyReplicas', 'availableReplicas', 'currentReplicas', 'updatedReplicas', 'collisionCount'] as const;
  return (
    counts.every((count) => (a[count] ?? 0) === (b[count] ?? 0)) &&
    (a.currentRevision ?? '') === (b.currentRevision ?? '') &&
    (a.updateRevision ?? '') === (b.updateRevision ?? '') &&
    sameValue(a.conditions, b.conditions)
  );
}

/** Milliseconds until the next ready pod becomes available; `undefined` when none is on its way. */
export function nextAvailableInMs({ set, pods, nowMs }: SetFacts): number | undefined {
  const waits = pods.map((pod) => availableInMs(pod, set.spec.minReadySeconds ?? 0, nowMs)).filter((ms): ms is number => ms !== undefined && ms > 0);
  return waits.length > 0 ? Math.min(...waits) : undefined;
}

