/**
 * Which pods belong to a StatefulSet, by name and number, and what state they are in.
 */
import type { StatefulSet } from '#kinds/apps/stateful-set/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { availableInMs, isPodReady, isTerminating } from '../workload/pod-state.ts';
import { POD_REVISION } from '../workload/revisions.ts';

/** The first ordinal. */
export function firstOrdinal(set: StatefulSet): number {
  return set.spec.ordinals?.start ?? 0;
}

/** How many pods there should be. */
export function replicasOf(set: StatefulSet): number {
  return set.spec.replicas ?? 1;
}

/** The name of the pod with this ordinal. */
export function podName(set: StatefulSet, ordinal: number): string {
  return `${set.metadata.name}-${ordinal}`;
}

/** The ordinal in a pod's name; `undefined` when the name is not one of the set's. */
export function ordinalOf(set: StatefulSet, pod: Pod): number | undefined {
  const { name = '' } = pod.metadata;
  const prefix = `${set.metadata.name}-`;
  const digits = name.slice(prefix.length);
  return name.startsWith(prefix) && /^\d+$/.test(digits) ? Number(digits) : undefined;
}

/** Whether an ordinal is one that the set should have. */
export function isInRange(set: StatefulSet, ordinal: number): boolean {
  return ordinal >= firstOrdinal(set) && ordinal < firstOrdinal(set) + replicasOf(set);
}

/** The name of the pod's revision. */
export function revisionOf(pod: Pod): string {
  return pod.metadata.labels?.[POD_REVISION] ?? '';
}

/** Running and ready. */
export function isRunningAndReady(pod: Pod): boolean {
  return pod.status.phase === 'Running' && isPodReady(pod);
}

/** Running, and ready for as long as the set asks. */
export function isAvailable(pod: Pod, set: StatefulSet, nowMs: number): boolean {
  return pod.status.phase === 'Running' && availableInMs(pod, set.spec.minReadySeconds ?? 0, nowMs) === 0;
}

/** Running and ready, and to stay. */
export function isHealthy(pod: Pod): boolean {
  return isRunningAndReady(pod) && !isTerminating(pod);
}
