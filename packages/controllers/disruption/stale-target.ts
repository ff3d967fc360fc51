/**
 * Pods that were marked as targets of a disruption which then did not happen.
 *
 * Source: kube-controller-manager `pkg/controller/disruption`, stale pod disruption worker.
 */
import { podCondition } from '#kinds/core/pod/conditions.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { timeToMs } from '#machinery/time.ts';

/** A disruption that was announced this long ago and has not begun will not come. */
const STALE_MS = 120_000;

/** Milliseconds until the pod's mark is stale (0: now); `undefined` when the pod has none that could become so. */
export function staleInMs(pod: Pod, nowMs: number): number | undefined {
  const { metadata, status } = pod;
  if (metadata.deletionTimestamp || status.phase === 'Succeeded' || status.phase === 'Failed') return undefined;
  const condition = podCondition(status, 'DisruptionTarget');
  // A kubelet that ends a pod may take any time to do so.
  if (condition?.status !== 'True' || condition.reason === 'TerminationByKubelet' || !condition.lastTransitionTime) return undefined;
  return Math.max(timeToMs(condition.lastTransitionTime) + STALE_MS - nowMs, 0);
}
