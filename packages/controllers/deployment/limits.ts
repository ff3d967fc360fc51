/**
 * How far a rollout may go above and below the wanted number of replicas, and how long it may take.
 */
import type { Deployment } from '#kinds/apps/deployment/schema.ts';
import { scaledValue } from '#machinery/int-or-string.ts';

/** Fields that mean "no limit" hold this. */
const UNLIMITED = 2 ** 31 - 1;

/** The wanted number of replicas. */
export function desiredReplicas(deployment: Deployment): number {
  return deployment.spec.replicas ?? 1;
}

/** Whether the Deployment replaces pods gradually. */
export function isRolling(deployment: Deployment): boolean {
  return deployment.spec.strategy.type !== 'Recreate';
}

/** Surge (rounded up) and unavailable (rounded down); not both can be zero, or nothing could move. */
function fenceposts(deployment: Deployment): { readonly surge: number; readonly unavailable: number } {
  const { maxSurge = 0, maxUnavailable = 0 } = deployment.spec.strategy.rollingUpdate ?? {};
  const desired = desiredReplicas(deployment);
  const surge = scaledValue(maxSurge, desired, 'up');
  const unavailable = scaledValue(maxUnavailable, desired, 'down');
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable };
}

/** How many pods may be missing during a rollout. */
export function maxUnavailable(deployment: Deployment): number {
  const desired = desiredReplicas(deployment);
  if (!isRolling(deployment) || desired === 0) return 0;
  return Math.min(fenceposts(deployment).unavailable, desired);
}

/** How many pods there may be too many during a rollout. */
export function maxSurge(deployment: Deployment): number {
  return isRolling(deployment) ? fenceposts(deployment).surge : 0;
}

/** The most pods there may be. */
export function maxReplicas(deployment: Deployment): number {
  return desiredReplicas(deployment) + maxSurge(deployment);
}

/** Milliseconds without progress after which a rollout counts as stuck; `undefined`: never. */
export function progressDeadlineMs(deployment: Deployment): number | undefined {
  const seconds = deployment.spec.progressDeadlineSeconds;
  return seconds === undefined || seconds === UNLIMITED ? undefined : seconds * 1000;
}

/** How many old sets are kept; `undefined`: all. */
export function historyLimit(deployment: Deployment): number | undefined {
  const limit = deployment.spec.revisionHistoryLimit;
  return limit === undefined || limit === UNLIMITED ? undefined : limit;
}
