/**
 * Which pods a scale-down removes.
 *
 * Source: upstream's ActivePodsWithRanks order.
 */
import type { Pod } from '#kinds/core/pod/schema.ts';
import { createdMs, isPodReady, readySinceMs } from '../workload/pod-state.ts';

/** The annotation with which users say what losing a pod costs; cheaper ones go first. */
export const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

const PHASE_ORDER: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/** A pod, with how many related pods share its node: crowded nodes lose pods first. */
export interface RankedPod {
  readonly pod: Pod;
  readonly rank: number;
}

/** The deletion cost; 0 when absent or not a 32-bit integer. */
function deletionCost(pod: Pod): number {
  const text = pod.metadata.annotations?.[DELETION_COST];
  if (text === undefined || !/^(0|-?[1-9][0-9]*)$/.test(text)) return 0;
  const cost = Number(text);
  return cost >= -(2 ** 31) && cost < 2 ** 31 ? cost : 0;
}

/** Ages compare by order of magnitude only, so that pods of about the same age are told apart at random and not all in the same zone. */
function magnitude(ageMs: number): number {
  return ageMs <= 0 ? -1 : Math.floor(Math.log2(ageMs * 1e6));
}

/** Negative when what began at `a` goes before what began at `b`: the younger one. */
function compareAges(a: Pod, b: Pod, aMs: number, bMs: number, nowMs: number): number {
  if (aMs === bMs) return 0;
  if (!aMs || !bMs) return aMs ? 1 : -1;
  const difference = magnitude(nowMs - aMs) - magnitude(nowMs - bMs);
  if (difference !== 0) return difference;
  return (a.metadata.uid ?? '') < (b.metadata.uid ?? '') ? -1 : 1;
}

function maxRestarts(pod: Pod): { readonly regular: number; readonly sidecar: number } {
  const most = (counts: readonly number[]): number => counts.reduce((a, b) => Math.max(a, b), 0);
  const sidecars = new Set((pod.spec.initContainers ?? []).filter((container) => container.restartPolicy === 'Always').map((container) => container.name));
  return {
    regular: most((pod.status.containerStatuses ?? []).map((status) => status.restartCount)),
    sidecar: most((pod.status.initContainerStatuses ?? []).filter((status) => sidecars.has(status.name)).map((status) => status.restartCount)),
  };
}

/** Negative when `a` is removed before `b`. */
export function compareForDeletion(a: RankedPod, b: RankedPod, nowMs: number): number {
  const assigned = Number(Boolean(a.pod.spec.nodeName)) - Number(Boolean(b.pod.spec.nodeName));
  if (assigned !== 0) return assigned;
  const phase = (PHASE_ORDER[a.pod.status.phase ?? ''] ?? 0) - (PHASE_ORDER[b.pod.status.phase ?? ''] ?? 0);
  if (phase !== 0) return phase;
  const ready = Number(isPodReady(a.pod)) - Number(isPodReady(b.pod));
  if (ready !== 0) return ready;
  const cost = deletionCost(a.pod) - deletionCost(b.pod);
  if (cost !== 0) return cost;
  if (a.rank !== b.rank) return b.rank - a.rank;
  if (isPodReady(a.pod)) {
    const readyTime = compareAges(a.pod, b.pod, readySinceMs(a.pod) ?? 0, readySinceMs(b.pod) ?? 0, nowMs);
    if (readyTime !== 0) return readyTime;
  }
  const restartsA = maxRestarts(a.pod);
  const restartsB = maxRestarts(b.pod);
  if (restartsA.regular !== restartsB.regular) return restartsB.regular - restartsA.regular;
  if (restartsA.sidecar !== restartsB.sidecar) return restartsB.sidecar - restartsA.sidecar;
  return compareAges(a.pod, b.pod, createdMs(a.pod), createdMs(b.pod), nowMs);
}

/** The `count` pods to remove; `related` are the active pods of all replica sets of the same owner. */
export function podsToDelete(candidates: readonly Pod[], related: readonly Pod[], count: number, nowMs: number): readonly Pod[] {
  if (count >= candidates.length) return candidates;
  const perNode = new Map<string, number>();
  for (const { spec } of related) if (spec.nodeName) perNode.set(spec.nodeName, (perNode.get(spec.nodeName) ?? 0) + 1);
  const ranked = candidates.map((pod) => ({ pod, rank: perNode.get(pod.spec.nodeName ?? '') ?? 0 }));
  return ranked
    .sort((a, b) => compareForDeletion(a, b, nowMs))
    .slice(0, count)
    .map(({ pod }) => pod);
}
