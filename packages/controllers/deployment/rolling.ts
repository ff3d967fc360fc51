/**
 * One step of a rolling update: how far the newest set may grow and the old ones may shrink now.
 *
 * Source: the documented RollingUpdate strategy; upstream `pkg/controller/deployment/rolling.go`.
 */
import type { Deployment } from '#kinds/apps/deployment/schema.ts';
import type { ReplicaSet } from '#kinds/apps/replica-set/schema.ts';
import { desiredReplicas, isRolling, maxReplicas, maxUnavailable } from './limits.ts';
import type { Resize } from './scale.ts';
import { activeSets, byCreation, totalAvailable, totalWanted, wanted } from './sets.ts';

/** How many pods the newest set may want now; `sets` are all sets, the newest included. */
export function newSetSize(deployment: Deployment, sets: readonly ReplicaSet[], newSetWants: number): number {
  const desired = desiredReplicas(deployment);
  if (!isRolling(deployment)) return desired;
  const room = maxReplicas(deployment) - totalWanted(sets);
  if (room <= 0) return newSetWants;
  return newSetWants + Math.min(room, desired - newSetWants);
}

/** The step of the newest set; `undefined` when it has the right size. */
export function resizeNewSet(deployment: Deployment, newSet: ReplicaSet, old: readonly ReplicaSet[]): Resize | undefined {
  const desired = desiredReplicas(deployment);
  if (wanted(newSet) === desired) return undefined;
  const replicas = wanted(newSet) > desired ? desired : newSetSize(deployment, [...old, newSet], wanted(newSet));
  return replicas === wanted(newSet) ? undefined : { rs: newSet, replicas };
}

/** The steps of the old sets: first what is not available anyway, then as much as availability allows, oldest sets first. */
export function resizeOldSets(deployment: Deployment, newSet: ReplicaSet, old: readonly ReplicaSet[]): readonly Resize[] {
  const active = activeSets(old).toSorted(byCreation);
  if (active.length === 0) return [];
  const minAvailable = desiredReplicas(deployment) - maxUnavailable(deployment);
  const newUnavailable = wanted(newSet) - (newSet.status.availableReplicas ?? 0);
  const removable = totalWanted([...active, newSet]) - minAvailable - newUnavailable;
  if (removable <= 0) return [];
  const sizes = new Map(active.map((rs) => [rs, wanted(rs)]));
  let cleaned = 0;
  for (const rs of active) {
    const unhealthy = wanted(rs) - (rs.status.availableReplicas ?? 0);
    const down = Math.min(removable - cleaned, Math.max(unhealthy, 0));
    if (down <= 0) continue;
    sizes.set(rs, wanted(rs) - down);
    cleaned += down;
  }
  let spare = totalAvailable([...active, newSet]) - minAvailable;
  for (const rs of active) {
    const down = Math.min(sizes.get(rs)!, spare);
    if (down <= 0) continue;
    sizes.set(rs, sizes.get(rs)! - down);
    spare -= down;
  }
  return active.filter((rs) => sizes.get(rs) !== wanted(rs)).map((rs) => ({ rs, replicas: sizes.get(rs)! }));
}
