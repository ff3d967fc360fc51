/**
 * Which pods nobody will finish.
 *
 * Source: kube-controller-manager `pkg/controller/podgc`.
 */
import type { Node } from '#kinds/core/node/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { timeToMs } from '#machinery/time.ts';

/** The taint with which people say that a node will not come back. */
export const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';

/** Ended, well or badly. */
export function isTerminal({ status }: Pod): boolean {
  return status.phase === 'Succeeded' || status.phase === 'Failed';
}

function createdMs({ metadata }: Pod): number {
  return metadata.creationTimestamp ? timeToMs(metadata.creationTimestamp) : 0;
}

/** Ended pods beyond `threshold`, evicted ones and the oldest first; none when the threshold is not above 0. */
export function surplusTerminated(pods: readonly Pod[], threshold: number): readonly Pod[] {
  if (threshold <= 0) return [];
  // Pods that are being deleted count too, but need no deletion.
  const ended = pods.filter((pod) => isTerminal(pod) && !pod.metadata.deletionTimestamp);
  const surplus = ended.length - threshold;
  if (surplus <= 0) return [];
  const evicted = (pod: Pod): number => Number(pod.status.reason === 'Evicted');
  return ended
    .toSorted((a, b) => evicted(b) - evicted(a) || createdMs(a) - createdMs(b) || ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1))
    .slice(0, surplus);
}

/** Pods that are being deleted and were never assigned to a node: no kubelet will see them off. */
export function terminatingUnscheduled(pods: readonly Pod[]): readonly Pod[] {
  return pods.filter(({ metadata, spec }) => metadata.deletionTimestamp !== undefined && !spec.nodeName);
}

/** Pods that are being deleted on nodes that are not ready and out of service. */
export function outOfService(pods: readonly Pod[], nodeOf: (name: string) => Node | undefined): readonly Pod[] {
  return pods.filter((pod) => {
    const node = pod.metadata.deletionTimestamp && pod.spec.nodeName ? nodeOf(pod.spec.nodeName) : undefined;
    if (!node) return false;
    const ready = node.status.conditions?.find((one) => one.type === 'Ready');
    return ready?.status !== 'True' && (node.spec.taints ?? []).some((one) => one.key === OUT_OF_SERVICE);
  });
}
