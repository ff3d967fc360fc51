/**
 * Which pods must go so that a more important one fits. Pure: the caller deletes the victims and nominates the node.
 *
 * Source: the documented behaviour of DefaultPreemption.
 */
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { Diagnosis } from './cycle.ts';
import type { CycleContext } from './framework.ts';
import { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';
import { runFilters } from './cycle.ts';

/** A disruption budget as preemption needs it. */
export interface Budget {
  readonly matches: (pod: Pod) => boolean;
  readonly disruptionsAllowed: number;
}

/** A node that would take the pod once its victims are gone. */
export interface Candidate {
  readonly node: string;
  /** Most important first. */
  readonly victims: readonly PodInfo[];
  /** How many victims' budgets would be broken. */
  readonly violations: number;
}

/** The outcome: a candidate, or per node the reason why not. */
export type PreemptionResult = { readonly type: 'candidate'; readonly candidate: Candidate } | { readonly type: 'none'; readonly reasonByNode: ReadonlyMap<string, string> };

const NO_VICTIMS = 'No preemption victims found for incoming pod';
const NOT_HELPFUL = 'Preemption is not helpful for scheduling';

/** However large the cluster, this share (percent) of the candidates is tried, and at least so many. */
const CANDIDATE_PERCENTAGE = 10;
const MIN_CANDIDATES = 100;

/** Why the pod may not push others out at all; undefined: it may. */
export function whyNotEligible(pod: PodInfo, context: CycleContext): string | undefined {
  if (pod.pod.spec.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.';
  const nominated = pod.pod.status.nominatedNodeName;
  const node = nominated ? context.cache.node(nominated) : undefined;
  // Victims of an earlier round are still leaving: wait for them.
  const leaving = node && [...node.pods.values()].some((other) => other.pod.metadata.deletionTimestamp && other.priority < pod.priority);
  return leaving ? 'not eligible due to a terminating pod on the nominated node.' : undefined;
}

/** Looks for the node where pushing pods out costs least. */
export function findCandidate(pod: PodInfo, diagnosis: Diagnosis, context: CycleContext, budgets: readonly Budget[]): PreemptionResult {
  const reasonByNode = new Map<string, string>();
  const candidates: Candidate[] = [];
  const enough = Math.max(MIN_CANDIDATES, Math.floor((context.cache.nodes.length * CANDIDATE_PERCENTAGE) / 100));
  for (const node of context.cache.nodes) {
    const rejected = diagnosis.byNode.get(node.name);
    if (diagnosis.preFilter || (rejected && !rejected.rejection.resolvable)) {
      reasonByNode.set(node.name, NOT_HELPFUL);
      continue;
    }
    if (candidates.length >= enough) break;
    const candidate = victimsOn(pod, node, diagnosis, budgets);
    if (candidate) candidates.push(candidate);
    else reasonByNode.set(node.name, NO_VICTIMS);
  }
  const best = candidates.toSorted(compareCandidates)[0];
  return best ? { type: 'candidate', candidate: best } : { type: 'none', reasonByNode };
}

/** Takes all less important pods away, then puts back as many as still leave room, most important and budget-protected ones first. */
function victimsOn(pod: PodInfo, node: NodeInfo, diagnosis: Diagnosis, budgets: readonly Budget[]): Candidate | undefined {
  const lesser = [...node.pods.values()].filter((other) => other.priority < pod.priority).toSorted(byImportance);
  if (lesser.length === 0) return undefined;
  const trial = new NodeInfo(node.node);
  for (const other of node.pods.values()) if (other.priority >= pod.priority) trial.add(other);
  let filters = diagnosis.filters.map((one) => ({ ...one }));
  const shift = (other: PodInfo, sign: 1 | -1): void => {
    if (sign === 1) trial.add(other);
    else trial.remove(other.uid);
    filters = filters.map(({ plugin, state }) => ({ plugin, state: plugin.shift ? plugin.shift(state, pod, other, trial, sign) : state }));
  };
  for (const other of lesser) filters = filters.map(({ plugin, state }) => ({ plugin, state: plugin.shift ? plugin.shift(state, pod, other, trial, -1) : state }));
  if (runFilters(filters, pod, trial)) return undefined;
  const { breaking, harmless } = splitByBudget(lesser, budgets);
  const victims: PodInfo[] = [];
  let violations = 0;
  for (const [group, breaks] of [
    [breaking, true],
    [harmless, false],
  ] as const) {
    for (const other of group) {
      shift(other, 1);
      if (!runFilters(filters, pod, trial)) continue;
      shift(other, -1);
      victims.push(other);
      if (breaks) violations++;
    }
  }
  return victims.length === 0 ? undefined : { node: node.name, victims: victims.toSorted(byImportance), violations };
}

/** Pods whose removal would break a budget, given that the pods before them go too. */
function splitByBudget(pods: readonly PodInfo[], budgets: readonly Budget[]): { readonly breaking: PodInfo[]; readonly harmless: PodInfo[] } {
  const left = budgets.map((one) => one.disruptionsAllowed);
  const breaking: PodInfo[] = [];
  const harmless: PodInfo[] = [];
  for (const pod of pods) {
    let breaks = false;
    for (const [index, budget] of budgets.entries()) {
      if (!budget.matches(pod.pod)) continue;
      left[index]!--;
      if (left[index]! < 0) breaks = true;
    }
    (breaks ? breaking : harmless).push(pod);
  }
  return { breaking, harmless };
}

/** Higher priority first; among equals, the one that started earlier. */
function byImportance(a: PodInfo, b: PodInfo): number {
  if (a.priority !== b.priority) return b.priority - a.priority;
  return startText(a) < startText(b) ? -1 : startText(a) > startText(b) ? 1 : 0;
}

const startText = ({ pod }: PodInfo): string => pod.status.startTime ?? pod.metadata.creationTimestamp ?? '';

/** Fewest broken budgets, then the least important top victim, the lowest sum of priorities, the fewest victims, the latest start of the most important one. */
function compareCandidates(a: Candidate, b: Candidate): number {
  if (a.violations !== b.violations) return a.violations - b.violations;
  const top = a.victims[0]!.priority - b.victims[0]!.priority;
  if (top !== 0) return top;
  // Shifted by 2^31 so that many low victims outweigh one, also below zero.
  const sum = (victims: readonly PodInfo[]): number => victims.reduce((total, victim) => total + victim.priority + 2 ** 31, 0);
  const sums = sum(a.victims) - sum(b.victims);
  if (sums !== 0) return sums;
  if (a.victims.length !== b.victims.length) return a.victims.length - b.victims.length;
  return startText(b.victims[0]!).localeCompare(startText(a.victims[0]!));
}
