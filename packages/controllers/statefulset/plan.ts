/**
 * The next step of a StatefulSet, decided from its pods alone.
 *
 *     replicas, lowest ordinal first:  remove ended ones · create missing ones · wait until each is available (unless Parallel)
 *     condemned, highest first:        remove one at a time (unless Parallel)
 *     update, highest first:           remove pods of older revisions, as many as may be unavailable
 *
 * Source: upstream `pkg/controller/statefulset/stateful_set_control.go`; the documented guarantees of StatefulSets.
 */
import type { StatefulSet } from '#kinds/apps/stateful-set/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { scaledValue } from '#machinery/int-or-string.ts';
import { isPodTerminal, isTerminating } from '../workload/pod-state.ts';
import { firstOrdinal, isAvailable, isHealthy, isInRange, isRunningAndReady, ordinalOf, replicasOf, revisionOf } from './ordinals.ts';

/** What is known of a set. */
export interface SetFacts {
  readonly set: StatefulSet;
  readonly pods: readonly Pod[];
  /** Names of revisions. */
  readonly currentRevision: string;
  readonly updateRevision: string;
  readonly nowMs: number;
}

/** One thing to do. */
export type SetStep =
  | { readonly type: 'create'; readonly ordinal: number; readonly revision: string }
  /** Ended, and to be replaced. */
  | { readonly type: 'recreate'; readonly pod: Pod }
  | { readonly type: 'remove'; readonly pod: Pod };

/** Pods by their place. */
export interface Places {
  /** By ordinal, from the first one; missing ones are undefined. */
  readonly replicas: readonly (Pod | undefined)[];
  /** Beyond the wanted ones, highest ordinal first. */
  readonly condemned: readonly Pod[];
}

/** Puts pods in their places; pods with foreign names have none. */
export function placePods(set: StatefulSet, pods: readonly Pod[]): Places {
  const replicas: (Pod | undefined)[] = Array.from({ length: replicasOf(set) }, () => undefined);
  const condemned: { readonly pod: Pod; readonly ordinal: number }[] = [];
  for (const pod of pods) {
    const ordinal = ordinalOf(set, pod);
    if (ordinal === undefined) continue;
    if (isInRange(set, ordinal)) replicas[ordinal - firstOrdinal(set)] = pod;
    else condemned.push({ pod, ordinal });
  }
  return { replicas, condemned: condemned.sort((a, b) => b.ordinal - a.ordinal).map(({ pod }) => pod) };
}

/** Whether pods come and go without waiting for each other. */
export function isParallel(set: StatefulSet): boolean {
  return set.spec.podManagementPolicy === 'Parallel';
}

/** The revision of a pod that is made now: below the partition pods keep the current one. */
export function revisionFor({ set, currentRevision, updateRevision }: SetFacts, ordinal: number): string {
  const { type, rollingUpdate } = set.spec.updateStrategy;
  if (type === 'OnDelete') return updateRevision;
  const partition = rollingUpdate ? (rollingUpdate.partition ?? 0) : (set.status.currentReplicas ?? 0);
  return ordinal < firstOrdinal(set) + partition ? currentRevision : updateRevision;
}

/** Steps towards the wanted replicas; `blocked` when the rest has to wait. */
function replicaSteps(facts: SetFacts, replicas: readonly (Pod | undefined)[]): { readonly steps: readonly SetStep[]; readonly blocked: boolean } {
  const { set, nowMs } = facts;
  const monotonic = !isParallel(set);
  const steps: SetStep[] = [];
  let blocked = false;
  for (const [i, pod] of replicas.entries()) {
    const ordinal = firstOrdinal(set) + i;
    if (!pod) steps.push({ type: 'create', ordinal, revision: revisionFor(facts, ordinal) });
    else if (isPodTerminal(pod)) {
      if (!isTerminating(pod)) steps.push({ type: 'recreate', pod });
      blocked = true;
    } else if (!monotonic || (isHealthy(pod) && isAvailable(pod, set, nowMs))) continue;
    else blocked = true;
    if (monotonic) return { steps, blocked: true };
  }
  return { steps, blocked };
}

/** Steps that remove what is too much. */
function condemnedSteps({ set, nowMs }: SetFacts, { replicas, condemned }: Places): { readonly steps: readonly SetStep[]; readonly blocked: boolean } {
  if (isParallel(set)) return { steps: condemned.filter((pod) => !isTerminating(pod)).map((pod) => ({ type: 'remove', pod })), blocked: false };
  const unhealthy = [...replicas, ...condemned.toReversed()].find((pod) => pod && !isHealthy(pod));
  const [pod] = condemned;
  if (!pod) return { steps: [], blocked: false };
  if (isTerminating(pod)) return { steps: [], blocked: true };
  const waits = (!isRunningAndReady(pod) || !isAvailable(pod, set, nowMs)) && pod !== unhealthy;
  return { steps: waits ? [] : [{ type: 'remove', pod }], blocked: true };
}

/** How many pods an update may make unavailable at a time. */
export function maxUnavailable(set: StatefulSet): number {
  const value = set.spec.updateStrategy.rollingUpdate?.maxUnavailable;
  return value === undefined ? 1 : Math.max(scaledValue(value, replicasOf(set), 'down'), 1);
}

/**
 * Steps of a rolling update, from the highest ordinal down to the partition. Whatever pod is not available uses up what may be unavailable, so that a
 * pod in trouble elsewhere stops the update; pods of older revisions that are in trouble themselves may be replaced at any time.
 */
function updateSteps({ set, updateRevision, nowMs }: SetFacts, replicas: readonly (Pod | undefined)[]): readonly SetStep[] {
  if (set.spec.updateStrategy.type === 'OnDelete') return [];
  const partition = set.spec.updateStrategy.rollingUpdate?.partition ?? 0;
  const serves = (pod: Pod | undefined): boolean => pod !== undefined && !isTerminating(pod) && isAvailable(pod, set, nowMs);
  const steps: SetStep[] = [];
  let budget = maxUnavailable(set) - replicas.filter((pod) => !serves(pod)).length;
  for (const pod of replicas.slice(partition).toReversed()) {
    if (!pod || isTerminating(pod) || revisionOf(pod) === updateRevision) continue;
    if (serves(pod) && budget-- <= 0) break;
    steps.push({ type: 'remove', pod });
  }
  return steps;
}

/** What to do now. A set that is being deleted does nothing. */
export function planSet(facts: SetFacts): readonly SetStep[] {
  const { set, pods } = facts;
  if (isTerminating(set)) return [];
  const places = placePods(set, pods);
  const wanted = replicaSteps(facts, places.replicas);
  if (wanted.blocked) return wanted.steps;
  const surplus = condemnedSteps(facts, places);
  const steps = [...wanted.steps, ...surplus.steps];
  return surplus.blocked ? steps : [...steps, ...updateSteps(facts, places.replicas)];
}
