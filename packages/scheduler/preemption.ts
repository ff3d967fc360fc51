/**
 * Which pods must go so that a more important one fits. Pure: the caller deletes the victims and nominates the node.
 *
 * Source: the documented behaviour of DefaultPreemption.
 */
import type { Random } from '#base/random.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { CandidateMemory } from './candidate-memory.ts';
import { type ActiveFilter, type Diagnosis, type Refusal, runFilters } from './cycle.ts';
import type { CycleContext, Rejection } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';

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
  /** What losing the victims means, worked out once: candidates are compared by the hundred. */
  readonly loss: Loss;
}

interface Loss {
  /** Of the most important victim. */
  readonly priority: number;
  readonly prioritySum: number;
  /** When the most important victim started. */
  readonly start: string;
}

/** A candidate with its loss; `victims` are in order. */
export function candidateOf(node: string, victims: readonly PodInfo[], violations: number): Candidate {
  let prioritySum = 0;
  // Shifted by 2^31 so that many low victims outweigh one, also below zero.
  for (const { priority } of victims) prioritySum += priority + 2 ** 31;
  const first = victims[0]!;
  return { node, victims, violations, loss: { priority: first.priority, prioritySum, start: startText(first) } };
}

/** How much of the cluster is tried. */
export interface PreemptionArgs {
  /** Share of the nodes (percent) of which candidates are enough. */
  readonly minCandidateNodesPercentage: number;
  /** At least so many candidates. */
  readonly minCandidateNodesAbsolute: number;
}

/** The defaults. */
export const PREEMPTION_DEFAULTS: PreemptionArgs = { minCandidateNodesPercentage: 10, minCandidateNodesAbsolute: 100 };

/** The outcome: candidates, and how many of the tried nodes gave which reason against them. */
export interface Candidates {
  readonly candidates: readonly Candidate[];
  readonly rejections: ReadonlyMap<Rejection, number>;
}

/** A pod that looks for room. */
export interface Search {
  readonly pod: PodInfo;
  readonly diagnosis: Diagnosis;
  readonly context: CycleContext;
  readonly budgets: readonly Budget[];
  readonly args: PreemptionArgs;
  readonly random: Random;
  /** What was found for pods like this one before. */
  readonly memory?: CandidateMemory<Candidate | Rejection>;
}

const NO_VICTIMS: Rejection = { reasons: ['No preemption victims found for incoming pod'], resolvable: false };
const NOT_HELPFUL: Rejection = { reasons: ['Preemption is not helpful for scheduling'], resolvable: false };

/** Why the pod may not push others out at all; undefined: it may. */
export function whyNotEligible({ pod, diagnosis, context }: Pick<Search, 'pod' | 'diagnosis' | 'context'>): string | undefined {
  if (pod.pod.spec.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.';
  const nominated = context.nominator?.nodeOf(pod.uid) ?? pod.pod.status.nominatedNodeName;
  const node = nominated ? context.cache.node(nominated) : undefined;
  if (!node) return undefined;
  // The nominated node has become impossible: look for another one.
  if ((diagnosis.refusals.get(node) ?? diagnosis.others)?.rejection.resolvable === false) return undefined;
  // Victims of an earlier round are still leaving: wait for them.
  for (const other of node.pods.values()) if (other.priority < pod.priority && isLeaving(other.pod)) return 'not eligible due to a terminating pod on the nominated node.';
  return undefined;
}

function isLeaving({ metadata, status }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined && (status.conditions ?? []).some((one) => one.type === 'DisruptionTarget' && one.status === 'True' && one.reason === 'PreemptionByScheduler');
}

/** Looks for nodes where pushing pods out helps, from a random node on, until enough have been found and one of them breaks no budget. */
export function findCandidates(search: Search): Candidates {
  const { pod, diagnosis, context, budgets, args, random } = search;
  // Budgets change with every pod that becomes ready or not, so that nothing would be remembered for long.
  const known = budgets.length === 0 ? search.memory?.of(pod, diagnosis.filters) : undefined;
  const hopeful = hopefulNodes(diagnosis);
  const rejections = new Map<Rejection, number>();
  const enough = Math.min(hopeful.length, Math.max(Math.floor((hopeful.length * args.minCandidateNodesPercentage) / 100), args.minCandidateNodesAbsolute));
  const candidates: Candidate[] = [];
  const offset = hopeful.length > 0 ? random.int(hopeful.length) : 0;
  let harmless = false;
  let told = 0;
  for (let i = 0; i < hopeful.length && !(harmless && candidates.length >= enough); i++) {
    const node = hopeful[(offset + i) % hopeful.length]!;
    const ahead = context.nominator?.ahead(pod, node.name) ?? NOBODY;
    const work = (): Candidate | Rejection => victimsOn(node, ahead, { pod, diagnosis, budgets });
    const outcome = known && ahead.length === 0 ? known.of(node, work) : work();
    if ('victims' in outcome) {
      candidates.push(outcome);
      harmless ||= outcome.violations === 0;
      continue;
    }
    rejections.set(outcome, (rejections.get(outcome) ?? 0) + 1);
    told++;
  }
  if (diagnosis.nodes.length > told) rejections.set(NOT_HELPFUL, diagnosis.nodes.length - told);
  return { candidates, rejections };
}

/** The nodes whose refusal other pods' removal may lift. */
function hopefulNodes({ nodes, refusals, others }: Diagnosis): NodeInfo[] {
  if (others?.rejection.resolvable) return nodes.filter((node) => (refusals.get(node) ?? others).rejection.resolvable);
  const hopeful: NodeInfo[] = [];
  for (const [node, { rejection }] of refusals) if (rejection.resolvable) hopeful.push(node);
  return hopeful;
}

const NOBODY: readonly PodInfo[] = [];

type Trial = Pick<Search, 'pod' | 'diagnosis' | 'budgets'>;

/** Takes all less important pods away, then puts back as many as still leave room beside those `ahead`, most important and budget-protected ones first. */
function victimsOn(node: NodeInfo, ahead: readonly PodInfo[], { pod, diagnosis, budgets }: Trial): Candidate | Rejection {
  const lesser: PodInfo[] = [];
  for (const other of node.pods.values()) if (other.priority < pod.priority) lesser.push(other);
  if (lesser.length === 0) return NO_VICTIMS;
  const trial = new TrialNode(node, pod, diagnosis.filters);
  for (const other of ahead) trial.shift(other, 1);
  for (const other of lesser) trial.shift(other, -1);
  const refusal = trial.refusal();
  if (refusal) return refusal.rejection;
  const { breaking, harmless } = splitByBudget(lesser.toSorted(byImportance), budgets);
  const victims: PodInfo[] = [];
  let violations = 0;
  const reprieve = (other: PodInfo): boolean => {
    trial.shift(other, 1);
    if (!trial.refusal()) return true;
    trial.shift(other, -1);
    victims.push(other);
    return false;
  };
  for (const other of breaking) if (!reprieve(other)) violations++;
  for (const other of harmless) reprieve(other);
  return victims.length === 0 ? NO_VICTIMS : candidateOf(node.name, victims.toSorted(byImportance), violations);
}

/** A copy of a node on which pods come and go to see whether one fits. */
class TrialNode {
  readonly #node: NodeInfo;
  readonly #pod: PodInfo;
  #filters: readonly ActiveFilter[];

  constructor(node: NodeInfo, pod: PodInfo, filters: readonly ActiveFilter[]) {
    this.#node = node.copy();
    this.#pod = pod;
    this.#filters = filters;
  }

  shift(other: PodInfo, sign: 1 | -1): void {
    if (sign === 1) this.#node.add(other);
    else this.#node.remove(other.uid);
    if (!this.#filters.some(({ plugin }) => plugin.shift)) return;
    this.#filters = this.#filters.map((filter) => (filter.plugin.shift ? { plugin: filter.plugin, state: filter.plugin.shift(filter.state, this.#pod, other, this.#node, sign) } : filter));
  }

  refusal(): Refusal | undefined {
    return runFilters(this.#filters, this.#pod, this.#node);
  }
}

/** Pods whose removal would break a budget, given that the pods before them go too. */
function splitByBudget(pods: readonly PodInfo[], budgets: readonly Budget[]): { readonly breaking: readonly PodInfo[]; readonly harmless: readonly PodInfo[] } {
  if (budgets.length === 0) return { breaking: [], harmless: pods };
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

const startText = ({ pod }: PodInfo): string => pod.status.startTime ?? '9999';

/** The candidate that costs least. */
export function bestCandidate(candidates: readonly Candidate[]): Candidate | undefined {
  let best: Candidate | undefined;
  for (const one of candidates) if (!best || compareCandidates(one, best) < 0) best = one;
  return best;
}

/** Fewest broken budgets, then the least important top victim, the lowest sum of priorities, the fewest victims, the latest start of the most important ones. */
function compareCandidates(a: Candidate, b: Candidate): number {
  return (
    a.violations - b.violations ||
    a.loss.priority - b.loss.priority ||
    a.loss.prioritySum - b.loss.prioritySum ||
    a.victims.length - b.victims.length ||
    (a.loss.start > b.loss.start ? -1 : a.loss.start < b.loss.start ? 1 : 0)
  );
}
