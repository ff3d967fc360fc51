/**
 * What a Deployment's status says, and whether its rollout is complete, progresses or is stuck.
 *
 * Source: upstream `pkg/controller/deployment/progress.go` and `sync.go`.
 */
import type { Deployment, DeploymentCondition, DeploymentStatus } from '#kinds/apps/deployment/schema.ts';
import type { ReplicaSet } from '#kinds/apps/replica-set/schema.ts';
import { formatTime, timeToMs } from '#machinery/time.ts';
import { findCondition, setCondition, withoutCondition } from '../workload/conditions.ts';
import { desiredReplicas, maxUnavailable, progressDeadlineMs } from './limits.ts';
import { totalAvailable, totalWanted } from './sets.ts';

const sum = (sets: readonly ReplicaSet[], count: (rs: ReplicaSet) => number | undefined): number => sets.reduce((total, rs) => total + (count(rs) ?? 0), 0);

/** A condition that begins now. */
export function deploymentCondition(type: string, status: 'True' | 'False' | 'Unknown', reason: string, message: string, nowMs: number): DeploymentCondition {
  const now = formatTime(nowMs);
  return { type, status, lastUpdateTime: now, lastTransitionTime: now, reason, message };
}

/** Counts and availability, with the conditions of `deployment`'s present status carried on. */
export function deploymentCounts(deployment: Deployment, newSet: ReplicaSet | undefined, sets: readonly ReplicaSet[], nowMs: number): DeploymentStatus {
  const available = totalAvailable(sets);
  const enough = available >= desiredReplicas(deployment) - maxUnavailable(deployment);
  const availability = enough
    ? deploymentCondition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.', nowMs)
    : deploymentCondition('Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.', nowMs);
  const { collisionCount } = deployment.status;
  return {
    ...(deployment.metadata.generation ? { observedGeneration: deployment.metadata.generation } : {}),
    replicas: sum(sets, (rs) => rs.status.replicas),
    updatedReplicas: newSet?.status.replicas ?? 0,
    readyReplicas: sum(sets, (rs) => rs.status.readyReplicas),
    availableReplicas: available,
    unavailableReplicas: Math.max(totalWanted(sets) - available, 0),
    terminatingReplicas: sum(sets, (rs) => rs.status.terminatingReplicas),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    conditions: setCondition(deployment.status.conditions, availability),
  };
}

/** Whether all pods are new, there and available. */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const desired = desiredReplicas(deployment);
  return (
    (status.updatedReplicas ?? 0) === desired &&
    (status.replicas ?? 0) === desired &&
    (status.availableReplicas ?? 0) === desired &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

/** Whether `next` is closer to the goal than the status before. */
function hasProgressed(before: DeploymentStatus, next: DeploymentStatus): boolean {
  const old = (status: DeploymentStatus): number => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    (next.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(next) < old(before) ||
    (next.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (next.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

/** Whether the last progress was too long ago. */
function isTimedOut(deployment: Deployment, status: DeploymentStatus, nowMs: number): boolean {
  const deadlineMs = progressDeadlineMs(deployment);
  const condition = findCondition(status.conditions, 'Progressing');
  if (deadlineMs === undefined || !condition || condition.reason === 'NewReplicaSetAvailable') return false;
  if (condition.reason === 'ProgressDeadlineExceeded') return true;
  return timeToMs(condition.lastUpdateTime ?? formatTime(0)) + deadlineMs < nowMs;
}

/** The status of a rollout: counts, and the Progressing and ReplicaFailure conditions. */
export function rolloutStatus(deployment: Deployment, newSet: ReplicaSet | undefined, sets: readonly ReplicaSet[], nowMs: number): DeploymentStatus {
  const status = deploymentCounts(deployment, newSet, sets, nowMs);
  const conditions = progressConditions(deployment, newSet, status, nowMs);
  const failure = replicaFailure(newSet, sets);
  return { ...status, conditions: failure ? setCondition(conditions, failure) : withoutCondition(conditions, 'ReplicaFailure') };
}

function progressConditions(deployment: Deployment, newSet: ReplicaSet | undefined, status: DeploymentStatus, nowMs: number): readonly DeploymentCondition[] {
  const { conditions = [] } = status;
  if (progressDeadlineMs(deployment) === undefined) return withoutCondition(conditions, 'Progressing');
  const current = findCondition(deployment.status.conditions, 'Progressing');
  if ((status.replicas ?? 0) === (status.updatedReplicas ?? 0) && current?.reason === 'NewReplicaSetAvailable') return conditions;
  const subject = newSet ? `ReplicaSet "${newSet.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  if (isComplete(deployment, status)) {
    return setCondition(conditions, deploymentCondition('Progressing', 'True', 'NewReplicaSetAvailable', `${subject} has successfully progressed.`, nowMs));
  }
  if (hasProgressed(deployment.status, status)) {
    // Progress with the same reason still counts: the update time is what the deadline is measured from.
    const next = deploymentCondition('Progressing', 'True', 'ReplicaSetUpdated', `${subject} is progressing.`, nowMs);
    const kept = current?.status === 'True' && current.lastTransitionTime ? { ...next, lastTransitionTime: current.lastTransitionTime } : next;
    return [...withoutCondition(conditions, 'Progressing'), kept];
  }
  if (isTimedOut(deployment, status, nowMs)) {
    return setCondition(conditions, deploymentCondition('Progressing', 'False', 'ProgressDeadlineExceeded', `${subject} has timed out progressing.`, nowMs));
  }
  return conditions;
}

/** The first failure of a set, the newest one first, as a condition of the Deployment. */
function replicaFailure(newSet: ReplicaSet | undefined, sets: readonly ReplicaSet[]): DeploymentCondition | undefined {
  for (const rs of newSet ? [newSet, ...sets] : sets) {
    const found = findCondition(rs.status.conditions, 'ReplicaFailure');
    if (!found) continue;
    const at = found.lastTransitionTime;
    return {
      type: 'ReplicaFailure',
      status: found.status,
      ...(at ? { lastTransitionTime: at, lastUpdateTime: at } : {}),
      ...(found.reason ? { reason: found.reason } : {}),
      ...(found.message ? { message: found.message } : {}),
    };
  }
  return undefined;
}

/** The Progressing condition that pausing or resuming calls for; `undefined` when there is nothing to say. */
export function pauseCondition(deployment: Deployment, nowMs: number): DeploymentCondition | undefined {
  if (progressDeadlineMs(deployment) === undefined) return undefined;
  const current = findCondition(deployment.status.conditions, 'Progressing');
  if (current?.reason === 'ProgressDeadlineExceeded') return undefined;
  const pausedBefore = current?.reason === 'DeploymentPaused';
  if (deployment.spec.paused && !pausedBefore) return deploymentCondition('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused', nowMs);
  if (!deployment.spec.paused && pausedBefore) return deploymentCondition('Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed', nowMs);
  return undefined;
}

/** When to look again although nothing changed, to notice that a rollout is stuck; milliseconds. */
export function checkProgressInMs(deployment: Deployment, status: DeploymentStatus, nowMs: number): number | undefined {
  const deadlineMs = progressDeadlineMs(deployment);
  const current = findCondition(status.conditions, 'Progressing');
  if (deadlineMs === undefined || !current || isComplete(deployment, status) || current.reason === 'ProgressDeadlineExceeded') return undefined;
  // Timestamps have whole seconds: a second later the deadline has passed for sure.
  return Math.max(timeToMs(current.lastUpdateTime ?? formatTime(nowMs)) + deadlineMs - nowMs, 0) + 1_000;
}
