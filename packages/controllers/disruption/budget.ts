/**
 * What a PodDisruptionBudget's status says, given its pods.
 *
 * Source: the documented disruption budgets; kube-controller-manager `pkg/controller/disruption`.
 */
import { isPodReady } from '#kinds/core/pod/conditions.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '#kinds/policy/pod-disruption-budget/schema.ts';
import { sameValue } from '#kinds/semantic-equal.ts';
import { scaledValue } from '#machinery/int-or-string.ts';
import type { Condition } from '#machinery/meta.ts';
import { timeToMs } from '#machinery/time.ts';

/** An eviction that was granted but whose pod does not go within this time did not happen. */
export const DELETION_TIMEOUT_MS = 120_000;

const CONDITION = 'DisruptionAllowed';

/** How many pods there should be, and how many of them healthy. */
export interface Expectation {
  readonly expectedPods: number;
  readonly desiredHealthy: number;
}

/** Whether the expectation depends on what the pods' controllers want, rather than on the pods alone. */
export function needsScale({ spec }: PodDisruptionBudget): boolean {
  return spec.maxUnavailable !== undefined || typeof spec.minAvailable === 'string';
}

/**
 * The expectation; `scale` is how many replicas the pods' controllers want together (not looked at when not needed).
 * @throws Error when a percentage is not one
 */
export function expectation({ spec }: PodDisruptionBudget, podCount: number, scale: number): Expectation {
  const { maxUnavailable, minAvailable } = spec;
  if (maxUnavailable !== undefined) return { expectedPods: scale, desiredHealthy: Math.max(scale - scaledValue(maxUnavailable, scale, 'up'), 0) };
  if (minAvailable === undefined) return { expectedPods: 0, desiredHealthy: 0 };
  if (typeof minAvailable === 'number') return { expectedPods: podCount, desiredHealthy: minAvailable };
  return { expectedPods: scale, desiredHealthy: scaledValue(minAvailable, scale, 'up') };
}

/** Evictions that were granted and are still awaited. */
export interface Disrupted {
  readonly awaited: Readonly<Record<string, string>>;
  /** Pods that should have gone by now, and have not. */
  readonly overdue: readonly Pod[];
  /** Milliseconds until the next one is overdue. */
  readonly recheckMs: number | undefined;
}

/** Sorts the evictions that the status remembers. Pods that are gone or going need no remembering. */
export function disruptedPods({ status }: PodDisruptionBudget, pods: readonly Pod[], nowMs: number): Disrupted {
  const awaited: Record<string, string> = {};
  const overdue: Pod[] = [];
  let recheckMs: number | undefined;
  for (const pod of pods) {
    const { name = '', deletionTimestamp } = pod.metadata;
    const since = deletionTimestamp ? undefined : status.disruptedPods?.[name];
    if (since === undefined) continue;
    const leftMs = timeToMs(since) + DELETION_TIMEOUT_MS - nowMs;
    if (leftMs < 0) {
      overdue.push(pod);
      continue;
    }
    awaited[name] = since;
    recheckMs = Math.min(recheckMs ?? leftMs, leftMs);
  }
  return { awaited, overdue, recheckMs };
}

/** Pods that are ready, not being deleted and not about to be. */
export function healthyCount(pods: readonly Pod[], awaited: Disrupted['awaited']): number {
  return pods.filter((pod) => !pod.metadata.deletionTimestamp && awaited[pod.metadata.name ?? ''] === undefined && isPodReady(pod)).length;
}

/** What was counted. */
export interface BudgetCount extends Expectation {
  readonly currentHealthy: number;
  readonly awaited: Disrupted['awaited'];
}

/** The status that tells the count; the same object when it already does. */
export function budgetStatus({ metadata, status }: PodDisruptionBudget, count: BudgetCount, now: string): PodDisruptionBudgetStatus {
  const { expectedPods, desiredHealthy, currentHealthy, awaited } = count;
  const { generation } = metadata;
  // A budget without pods allows nothing, so that the first pods are safe before they are counted.
  const disruptionsAllowed = expectedPods > 0 ? Math.max(currentHealthy - desiredHealthy, 0) : 0;
  const allowed = {
    status: disruptionsAllowed > 0 ? 'True' : 'False',
    reason: disruptionsAllowed > 0 ? 'SufficientPods' : 'InsufficientPods',
    message: '',
  };
  const { disruptedPods: _, ...rest } = status;
  const next: PodDisruptionBudgetStatus = {
    ...rest,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...(Object.keys(awaited).length > 0 ? { disruptedPods: awaited } : {}),
    disruptionsAllowed,
    currentHealthy,
    desiredHealthy,
    expectedPods,
    conditions: withAllowed(status.conditions, { ...allowed, ...(generation === undefined ? {} : { observedGeneration: generation }) }, now),
  };
  return sameValue(next, status) ? status : next;
}

/** The status of a budget that could not be counted: nothing is allowed. */
export function failedStatus({ status }: PodDisruptionBudget, message: string, now: string): PodDisruptionBudgetStatus {
  const { observedGeneration } = status;
  const condition = { status: 'False', reason: 'SyncFailed', message, ...(observedGeneration === undefined ? {} : { observedGeneration }) };
  const next = { ...status, disruptionsAllowed: 0, conditions: withAllowed(status.conditions, condition, now) };
  return sameValue(next, status) ? status : next;
}

function withAllowed(
  conditions: readonly Condition[] | undefined,
  next: Omit<Condition, 'type' | 'lastTransitionTime'>,
  now: string,
): readonly Condition[] {
  const known = conditions?.find((one) => one.type === CONDITION);
  const lastTransitionTime = known && known.status === next.status ? known.lastTransitionTime : now;
  const condition: Condition = { type: CONDITION, ...next, lastTransitionTime };
  return known ? (conditions ?? []).map((one) => (one === known ? condition : one)) : [...(conditions ?? []), condition];
}
