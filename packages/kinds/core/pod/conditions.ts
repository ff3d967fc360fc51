/**
 * Questions about a pod's status that controllers, scheduler, kubelet and printers ask alike.
 *
 * Source: kubernetes `pkg/api/v1/pod/util.go`.
 */
import { timeToMs } from '#machinery/time.ts';
import type { Pod } from './schema.ts';
import type { PodCondition, PodStatus } from './status.ts';

/** The condition of a type, if the status has it. */
export function podCondition(status: PodStatus | undefined, type: string): PodCondition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

/** Whether the pod's `Ready` condition is true. */
export function isPodReady(pod: Pod): boolean {
  return podCondition(pod.status, 'Ready')?.status === 'True';
}

/** Whether the pod has been ready for at least `minReadySeconds` at `nowMs`. */
export function isPodAvailable(pod: Pod, minReadySeconds: number, nowMs: number): boolean {
  const ready = podCondition(pod.status, 'Ready');
  if (ready?.status !== 'True') return false;
  if (!minReadySeconds) return true;
  return !!ready.lastTransitionTime && timeToMs(ready.lastTransitionTime) + minReadySeconds * 1000 <= nowMs;
}

/** Whether all containers of the pod have ended for good: phase `Succeeded` or `Failed`. */
export function isPodTerminal(pod: { readonly status?: { readonly phase?: string } }): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** Whether the pod is neither terminal nor being deleted: it counts for its controller. */
export function isPodActive(pod: Pod): boolean {
  return !isPodTerminal(pod) && pod.metadata.deletionTimestamp === undefined;
}
