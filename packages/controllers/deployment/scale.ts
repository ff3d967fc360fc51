/**
 * How many pods each ReplicaSet should want when the Deployment was scaled: all in one set, or spread in proportion over several.
 *
 * Source: the documented proportional scaling; upstream `pkg/controller/deployment/sync.go`.
 */
import type { Deployment } from '#kinds/apps/deployment/schema.ts';
import type { ReplicaSet } from '#kinds/apps/replica-set/schema.ts';
import { DESIRED_REPLICAS, MAX_REPLICAS, numberAnnotation } from './annotations.ts';
import { desiredReplicas, isRolling, maxReplicas } from './limits.ts';
import { activeSets, byCreation, bySizeNewer, bySizeOlder, totalWanted, wanted } from './sets.ts';

/** A set and how many pods it should want. */
export interface Resize {
  readonly rs: ReplicaSet;
  readonly replicas: number;
}

/** Whether the Deployment was scaled since its active sets were: they record another size than it has now. */
export function isScalingEvent(deployment: Deployment, sets: readonly ReplicaSet[]): boolean {
  return activeSets(sets).some((rs) => {
    const recorded = numberAnnotation(rs, DESIRED_REPLICAS);
    return recorded !== undefined && recorded !== desiredReplicas(deployment);
  });
}

/** The only active set, or the newest when none is; `undefined` when several are. */
function activeOrLatest(newSet: ReplicaSet | undefined, old: readonly ReplicaSet[]): ReplicaSet | undefined {
  const active = activeSets(newSet ? [...old, newSet] : old);
  if (active.length > 1) return undefined;
  return active[0] ?? newSet ?? old.toSorted((a, b) => byCreation(b, a))[0];
}

/** Whether the newest set alone is all that is wanted, and up. */
function isSaturated(deployment: Deployment, rs: ReplicaSet | undefined): boolean {
  const desired = desiredReplicas(deployment);
  return rs !== undefined && wanted(rs) === desired && numberAnnotation(rs, DESIRED_REPLICAS) === desired && (rs.status.availableReplicas ?? 0) === desired;
}

/** Half away from zero, as upstream rounds. */
function round(value: number): number {
  return value < 0 ? Math.trunc(value - 0.5) : Math.trunc(value + 0.5);
}

/** By how much a set should grow to keep its share of the Deployment. */
function fraction(deployment: Deployment, rs: ReplicaSet): number {
  if (desiredReplicas(deployment) === 0) return -wanted(rs);
  const before = numberAnnotation(rs, MAX_REPLICAS) || deployment.status.replicas || 0;
  if (before === 0) return 0;
  return round((wanted(rs) * maxReplicas(deployment)) / before) - wanted(rs);
}

function share(deployment: Deployment, rs: ReplicaSet, toAdd: number, added: number): number {
  if (wanted(rs) === 0 || toAdd === 0 || toAdd === added) return 0;
  const allowed = toAdd - added;
  return toAdd > 0 ? Math.min(fraction(deployment, rs), allowed) : Math.max(fraction(deployment, rs), allowed);
}

function proportional(deployment: Deployment, sets: readonly ReplicaSet[]): readonly Resize[] {
  const allowed = desiredReplicas(deployment) > 0 ? maxReplicas(deployment) : 0;
  const toAdd = allowed - totalWanted(sets);
  const ordered = toAdd > 0 ? sets.toSorted(bySizeNewer) : toAdd < 0 ? sets.toSorted(bySizeOlder) : sets;
  let added = 0;
  const resizes = ordered.map((rs) => {
    const proportion = share(deployment, rs, toAdd, added);
    added += proportion;
    return { rs, replicas: wanted(rs) + proportion };
  });
  const [largest, ...others] = resizes;
  // What rounding left over goes to the largest set.
  return largest ? [{ ...largest, replicas: Math.max(largest.replicas + toAdd - added, 0) }, ...others] : [];
}

/** The sizes after a scale. Sets that keep theirs are named too: they must record the Deployment's new size. */
export function scaledSizes(deployment: Deployment, newSet: ReplicaSet | undefined, old: readonly ReplicaSet[]): readonly Resize[] {
  const only = activeOrLatest(newSet, old);
  if (only) return [{ rs: only, replicas: desiredReplicas(deployment) }];
  if (isSaturated(deployment, newSet)) return activeSets(old).map((rs) => ({ rs, replicas: 0 }));
  if (!isRolling(deployment)) return [];
  return proportional(deployment, activeSets(newSet ? [...old, newSet] : old));
}
