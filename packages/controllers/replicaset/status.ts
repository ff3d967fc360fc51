/**
 * What a ReplicaSet's status says.
 */
import type { ReplicaSet, ReplicaSetCondition, ReplicaSetStatus } from '#kinds/apps/replica-set/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { matchLabels } from '#machinery/selectors.ts';
import { sameValue } from '#kinds/semantic-equal.ts';
import { findCondition, setCondition, withoutCondition } from '../workload/conditions.ts';
import { availableInMs, isPodReady } from '../workload/pod-state.ts';

/** A failed attempt to create or delete pods. */
export interface ReplicaFailure {
  readonly reason: 'FailedCreate' | 'FailedDelete';
  readonly message: string;
}

/** What the status is made from; `now` is the condition time. */
export interface ReplicaSetFacts {
  readonly active: readonly Pod[];
  readonly terminating: readonly Pod[];
  readonly failure: ReplicaFailure | undefined;
  readonly nowMs: number;
  readonly now: string;
}

/** The status, without what the server keeps. */
export function replicaSetStatus(rs: ReplicaSet, facts: ReplicaSetFacts): ReplicaSetStatus {
  const { active, failure, nowMs } = facts;
  const template = matchLabels(rs.spec.template?.metadata.labels ?? {});
  const minReady = rs.spec.minReadySeconds ?? 0;
  const { observedGeneration: _, conditions: old, ...rest } = rs.status;
  return {
    ...rest,
    replicas: active.length,
    fullyLabeledReplicas: active.filter((pod) => template.matches(pod.metadata.labels ?? {})).length,
    readyReplicas: active.filter(isPodReady).length,
    availableReplicas: active.filter((pod) => availableInMs(pod, minReady, nowMs) === 0).length,
    terminatingReplicas: facts.terminating.length,
    ...(rs.metadata.generation ? { observedGeneration: rs.metadata.generation } : {}),
    conditions: failureConditions(old, failure, facts.now),
  };
}

function failureConditions(old: readonly ReplicaSetCondition[] | undefined, failure: ReplicaFailure | undefined, now: string): readonly ReplicaSetCondition[] {
  if (!failure) return withoutCondition(old, 'ReplicaFailure');
  if (findCondition(old, 'ReplicaFailure')) return old ?? [];
  return setCondition(old, { type: 'ReplicaFailure', status: 'True', reason: failure.reason, message: failure.message, lastTransitionTime: now });
}

/** Whether two statuses say the same. Absent counts are zero. */
export function sameReplicaSetStatus(a: ReplicaSetStatus, b: ReplicaSetStatus): boolean {
  return (
    a.replicas === b.replicas &&
    (a.fullyLabeledReplicas ?? 0) === (b.fullyLabeledReplicas ?? 0) &&
    (a.readyReplicas ?? 0) === (b.readyReplicas ?? 0) &&
    (a.availableReplicas ?? 0) === (b.availableReplicas ?? 0) &&
    a.terminatingReplicas === b.terminatingReplicas &&
    (a.observedGeneration ?? 0) === (b.observedGeneration ?? 0) &&
    sameValue(a.conditions ?? [], b.conditions ?? [])
  );
}

/** Milliseconds until the next ready pod becomes available; `undefined` when none is on its way. */
export function nextAvailableInMs(rs: ReplicaSet, active: readonly Pod[], nowMs: number): number | undefined {
  const minReady = rs.spec.minReadySeconds ?? 0;
  if (minReady === 0) return undefined;
  const waits = active.map((pod) => availableInMs(pod, minReady, nowMs)).filter((ms): ms is number => ms !== undefined && ms > 0);
  return waits.length > 0 ? Math.min(...waits) : undefined;
}
