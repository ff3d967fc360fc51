/**
 * What a DaemonSet's status says.
 *
 * Source: upstream `pkg/controller/daemon/daemon_controller.go`.
 */
import type { DaemonSetStatus } from '#kinds/apps/daemon-set/schema.ts';
import { sameValue } from '#kinds/semantic-equal.ts';
import { availableInMs, isPodAvailable, isPodReady } from '../workload/pod-state.ts';
import { byAge, isUpdated } from './manage.ts';
import type { DaemonFacts } from './manage.ts';
import { placementOn } from './placement.ts';

/** Counts by node; a node with several pods counts with its oldest. */
export function daemonSetStatus(facts: DaemonFacts, collisionCount: number | undefined): DaemonSetStatus {
  const { set, nodes, podsByNode, nowMs } = facts;
  const minReady = set.spec.minReadySeconds ?? 0;
  const counts = { current: 0, misscheduled: 0, desired: 0, ready: 0, available: 0, updated: 0 };
  for (const node of nodes) {
    const pod = (podsByNode.get(node.metadata.name ?? '') ?? []).toSorted(byAge)[0];
    if (!placementOn(set, node).run) {
      if (pod) counts.misscheduled++;
      continue;
    }
    counts.desired++;
    if (!pod) continue;
    counts.current++;
    if (isPodReady(pod)) counts.ready++;
    if (isPodAvailable(pod, minReady, nowMs)) counts.available++;
    if (isUpdated(pod, facts)) counts.updated++;
  }
  return {
    currentNumberScheduled: counts.current,
    numberMisscheduled: counts.misscheduled,
    desiredNumberScheduled: counts.desired,
    numberReady: counts.ready,
    ...(set.metadata.generation ? { observedGeneration: set.metadata.generation } : {}),
    updatedNumberScheduled: counts.updated,
    numberAvailable: counts.available,
    numberUnavailable: counts.desired - counts.available,
    ...(collisionCount === undefined ? {} : { collisionCount }),
    ...(set.status.conditions ? { conditions: set.status.conditions } : {}),
  };
}

/** Whether two statuses say the same. Absent counts are zero. */
export function sameDaemonSetStatus(a: DaemonSetStatus, b: DaemonSetStatus): boolean {
  const names = [
    'currentNumberScheduled',
    'numberMisscheduled',
    'desiredNumberScheduled',
    'numberReady',
    'observedGeneration',
    'updatedNumberScheduled',
    'numberAvailable',
    'numberUnavailable',
  ] as const;
  return names.every((name) => (a[name] ?? 0) === (b[name] ?? 0)) && a.collisionCount === b.collisionCount && sameValue(a.conditions, b.conditions);
}

/** Milliseconds until the next ready pod becomes available; `undefined` when none is on its way. */
export function nextAvailableInMs({ set, podsByNode, nowMs }: DaemonFacts): number | undefined {
  const waits = [...podsByNode.values()].flat().map((pod) => availableInMs(pod, set.spec.minReadySeconds ?? 0, nowMs)).filter((ms): ms is number => ms !== undefined && ms > 0);
  return waits.length > 0 ? Math.min(...waits) : undefined;
}
