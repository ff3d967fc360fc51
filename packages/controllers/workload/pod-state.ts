/**
 * What a pod's status says, in the words controllers use: active, ready, available.
 */
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { PodCondition } from '#kinds/core/pod/status.ts';
import { timeToMs } from '#machinery/time.ts';

/** The condition of this type. */
export function podCondition(pod: Pod, type: string): PodCondition | undefined {
  return pod.status.conditions?.find((condition) => condition.type === type);
}

/** Ended for good, well or badly. */
export function isPodTerminal(pod: Pod): boolean {
  return pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed';
}

/** Being deleted. */
export function isTerminating(object: { readonly metadata: { readonly deletionTimestamp?: string } }): boolean {
  return Boolean(object.metadata.deletionTimestamp);
}

/** Neither ended nor being deleted: counts as a replica. */
export function isPodActive(pod: Pod): boolean {
  return !isPodTerminal(pod) && !isTerminating(pod);
}

/** Its Ready condition is True. */
export function isPodReady(pod: Pod): boolean {
  return podCondition(pod, 'Ready')?.status === 'True';
}

/** When the pod became ready, in milliseconds since the epoch; `undefined` when it is not ready or does not say. */
export function readySinceMs(pod: Pod): number | undefined {
  const condition = podCondition(pod, 'Ready');
  return condition?.status === 'True' && condition.lastTransitionTime ? timeToMs(condition.lastTransitionTime) : undefined;
}

/** Milliseconds until a ready pod becomes available: 0 when it is; `undefined` when it is not ready. */
export function availableInMs(pod: Pod, minReadySeconds: number, nowMs: number): number | undefined {
  if (!isPodReady(pod)) return undefined;
  if (minReadySeconds === 0) return 0;
  const sinceMs = readySinceMs(pod);
  return sinceMs === undefined ? undefined : Math.max(sinceMs + minReadySeconds * 1000 - nowMs, 0);
}

/** Ready for at least `minReadySeconds`. */
export function isPodAvailable(pod: Pod, minReadySeconds: number, nowMs: number): boolean {
  return availableInMs(pod, minReadySeconds, nowMs) === 0;
}

/** Milliseconds of an object's creation; 0 when it does not say. */
export function createdMs(object: { readonly metadata: { readonly creationTimestamp?: string } }): number {
  return object.metadata.creationTimestamp ? timeToMs(object.metadata.creationTimestamp) : 0;
}
