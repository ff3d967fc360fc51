/**
 * How long a pod may stay on a tainted node.
 *
 * Source: the documented meaning of `tolerationSeconds`; kube-controller-manager `pkg/controller/tainteviction`.
 */
import type { Taint } from '#kinds/core/node/schema.ts';
import { podCondition } from '#kinds/core/pod/conditions.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { tolerates } from '#kinds/core/pod/tolerations.ts';
import { timeToMs } from '#machinery/time.ts';

/** The taints that drive pods away. */
export function evictingTaints(taints: readonly Taint[] | undefined): readonly Taint[] {
  return taints?.filter((one) => one.effect === 'NoExecute') ?? [];
}

/**
 * When the pod must go, in milliseconds since the epoch; `undefined`: never, 0: at once.
 *
 * A toleration's seconds run from the taint's beginning, or from when the pod came to the node if that was later. Taints that do not say when they began, as those of kubectl, count from
 * `noticedMs`: when the controller first saw that the pod has to go.
 */
export function evictionTimeMs(pod: Pod, taints: readonly Taint[], noticedMs: number): number | undefined {
  const tolerations = pod.spec.tolerations ?? [];
  const arrivedMs = arrivalMs(pod);
  let earliestMs: number | undefined;
  for (const taint of taints) {
    const used = tolerations.filter((one) => tolerates(one, taint));
    if (used.length === 0) return 0;
    // As upstream: the first toleration that covers a taint is the one that counts.
    const seconds = used[0]!.tolerationSeconds;
    if (seconds === undefined) continue;
    const sinceMs = Math.max(arrivedMs, taint.timeAdded ? timeToMs(taint.timeAdded) : noticedMs);
    const dueMs = seconds <= 0 ? 0 : sinceMs + seconds * 1000;
    earliestMs = Math.min(earliestMs ?? dueMs, dueMs);
  }
  return earliestMs;
}

/** When the pod was assigned to its node. */
function arrivalMs(pod: Pod): number {
  const scheduled = podCondition(pod.status, 'PodScheduled');
  const text = scheduled?.status === 'True' && scheduled.lastTransitionTime ? scheduled.lastTransitionTime : pod.metadata.creationTimestamp;
  return text ? timeToMs(text) : 0;
}
