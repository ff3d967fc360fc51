/**
 * Which pods a DaemonSet lacks and which it has too many of, node by node.
 *
 * Source: upstream `podsShouldBeOnNode` and `pkg/controller/daemon/update.go`.
 */
import type { DaemonSet } from '#kinds/apps/daemon-set/schema.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { scaledValue } from '#machinery/int-or-string.ts';
import { createdMs, isPodAvailable, isPodReady, isTerminating } from '../workload/pod-state.ts';
import { POD_REVISION } from '../workload/revisions.ts';
import { nodeOf, placementOn } from './placement.ts';
import type { Placement } from './placement.ts';

/** A DaemonSet, its nodes and its pods at one moment. */
export interface DaemonFacts {
  readonly set: DaemonSet;
  readonly nodes: readonly Node[];
  /** By the node they are on or meant for. */
  readonly podsByNode: ReadonlyMap<string, readonly Pod[]>;
  /** The hash of the present template. */
  readonly hash: string;
  readonly nowMs: number;
}

/** Pods to create, by node, and to delete. */
export interface DaemonChanges {
  readonly create: readonly string[];
  readonly remove: readonly Pod[];
}

/** Groups pods by node. */
export function podsByNode(pods: readonly Pod[]): ReadonlyMap<string, readonly Pod[]> {
  return Map.groupBy(pods, (pod) => nodeOf(pod) ?? '');
}

/** Whether a pod has the present template. */
export function isUpdated(pod: Pod, { hash }: Pick<DaemonFacts, 'hash'>): boolean {
  return pod.metadata.labels?.[POD_REVISION] === hash;
}

/** Placed ones first, then older ones. */
export function byAge(a: Pod, b: Pod): number {
  return Number(Boolean(b.spec.nodeName)) - Number(Boolean(a.spec.nodeName)) || createdMs(a) - createdMs(b) || ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1);
}

/** Pods that may be there in excess, or be missing, during an update. Both zero counts as one unavailable. */
export function updateLimits({ set, nodes }: Pick<DaemonFacts, 'set' | 'nodes'>): { readonly surge: number; readonly unavailable: number } {
  const { type, rollingUpdate } = set.spec.updateStrategy;
  if (type === 'OnDelete') return { surge: 0, unavailable: 0 };
  const desired = nodes.filter((node) => placementOn(set, node).run).length;
  const surge = scaledValue(rollingUpdate?.maxSurge ?? 0, desired, 'up');
  const unavailable = scaledValue(rollingUpdate?.maxUnavailable ?? 1, desired, 'up');
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable };
}

/** Running pods of one node that are too many: all but the oldest; with surge, an old and a new one may stand side by side. */
function excess(facts: DaemonFacts, running: readonly Pod[], surging: boolean): readonly Pod[] {
  const ordered = running.toSorted(byAge);
  if (!surging) return ordered.slice(1);
  const newest = ordered.find((pod) => isUpdated(pod, facts));
  const old = ordered.find((pod) => !isUpdated(pod, facts));
  const others = ordered.filter((pod) => pod !== newest && pod !== old);
  const replaced = newest && old && (!isPodReady(old) || isPodAvailable(newest, facts.set.spec.minReadySeconds ?? 0, facts.nowMs));
  return replaced ? [...others, old] : others;
}

/** Pods that ended: they are removed, and replaced after that. */
export function endedPods({ podsByNode: byNode }: DaemonFacts): readonly Pod[] {
  return [...byNode.values()].flat().filter((pod) => !isTerminating(pod) && (pod.status.phase === 'Failed' || pod.status.phase === 'Succeeded'));
}

function changesOn(facts: DaemonFacts, name: string, { run, stay }: Placement, surging: boolean): DaemonChanges {
  const pods = facts.podsByNode.get(name) ?? [];
  const lasting = pods.filter((pod) => !isTerminating(pod));
  if (!stay) return { create: [], remove: lasting };
  const running = lasting.filter(({ status }) => status.phase !== 'Failed' && status.phase !== 'Succeeded');
  // Without surge, a terminating pod keeps its node occupied.
  const missing = run && (pods.length === 0 || (surging && running.length === 0 && lasting.length === 0));
  return { create: missing ? [name] : [], remove: excess(facts, running, surging) };
}

/** What is missing and what is too much. Ended pods are not among it: see `endedPods`. */
export function manageDaemons(facts: DaemonFacts): DaemonChanges {
  const surging = updateLimits(facts).surge > 0;
  const changes = facts.nodes.map((node) => changesOn(facts, node.metadata.name ?? '', placementOn(facts.set, node), surging));
  const known = new Set(facts.nodes.map((node) => node.metadata.name ?? ''));
  // Pods that wait for a node that is gone would wait forever; those on one are the pod garbage collector's.
  const lost = [...facts.podsByNode].flatMap(([name, pods]) => (known.has(name) ? [] : pods.filter((pod) => !pod.spec.nodeName && !isTerminating(pod))));
  return { create: changes.flatMap(({ create }) => create), remove: [...changes.flatMap(({ remove }) => remove), ...lost] };
}

interface OnNode {
  readonly node: string;
  readonly old: Pod | undefined;
  readonly updated: Pod | undefined;
  /** More than one of either: managing has to clean up first. */
  readonly crowded: boolean;
}

function occupancy(facts: DaemonFacts): readonly OnNode[] {
  return [...facts.podsByNode].map(([node, pods]) => {
    const lasting = pods.filter((pod) => !isTerminating(pod));
    const updated = lasting.filter((pod) => isUpdated(pod, facts));
    const old = lasting.filter((pod) => !isUpdated(pod, facts));
    return { node, old: old[0], updated: updated[0], crowded: updated.length > 1 || old.length > 1 };
  });
}

/** A step of a rolling update. */
export function rollDaemons(facts: DaemonFacts): DaemonChanges {
  if (facts.set.spec.updateStrategy.type === 'OnDelete') return { create: [], remove: [] };
  const { surge, unavailable } = updateLimits(facts);
  return surge > 0 ? rollWithSurge(facts, surge) : rollInPlace(facts, unavailable);
}

function rollInPlace(facts: DaemonFacts, maxUnavailable: number): DaemonChanges {
  const isUp = (pod: Pod): boolean => isPodAvailable(pod, facts.set.spec.minReadySeconds ?? 0, facts.nowMs);
  const replace: Pod[] = [];
  const candidates: Pod[] = [];
  let unavailable = 0;
  for (const { old, updated, crowded } of occupancy(facts)) {
    if (crowded || (old === undefined) === (updated === undefined)) unavailable++;
    else if (updated) unavailable += Number(!isUp(updated));
    else if (old && isUp(old)) candidates.push(old);
    else if (old) {
      // What is down anyway goes at once, and nothing else in its place.
      replace.push(old);
      unavailable++;
    }
  }
  return { create: [], remove: [...replace, ...candidates.slice(0, Math.max(maxUnavailable - unavailable, 0))] };
}

function rollWithSurge(facts: DaemonFacts, maxSurge: number): DaemonChanges {
  const isUp = (pod: Pod): boolean => isPodAvailable(pod, facts.set.spec.minReadySeconds ?? 0, facts.nowMs);
  const replace: string[] = [];
  const candidates: string[] = [];
  const remove: Pod[] = [];
  /** Old pods where no new one may go: they wait until there are enough elsewhere. */
  const stranded: Pod[] = [];
  const runs = new Map(facts.nodes.map((node) => [node.metadata.name ?? '', placementOn(facts.set, node).run]));
  let surging = 0;
  let available = 0;
  for (const { node, old, updated, crowded } of occupancy(facts)) {
    const here = old ?? updated;
    if (!crowded && here && isUp(here)) available++;
    if (crowded) surging++;
    else if (!old) continue;
    else if (updated && isUp(updated)) remove.push(old);
    else if (updated) surging++;
    else if (runs.get(node)) (isUp(old) ? candidates : replace).push(node);
    else if (runs.has(node)) (isUp(old) ? stranded : remove).push(old);
  }
  const spare = available - runs.values().filter(Boolean).toArray().length;
  return { create: [...replace, ...candidates.slice(0, Math.max(maxSurge - surging, 0))], remove: [...remove, ...stranded.slice(0, Math.max(spare, 0))] };
}
