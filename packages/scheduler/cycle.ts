/**
 * One scheduling cycle: which node takes the pod, or why none does. Synchronous; changes nothing in the cluster's picture.
 */
import type { Random } from '#base/random.ts';
import type { CycleContext, Plugin, Rejection } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import { enoughFeasible } from './node-sampling.ts';
import type { PodInfo } from './pod-info.ts';
import { statusOf, untimed } from './point-times.ts';
import type { Profile } from './profile.ts';
import { Refusals } from './refusals.ts';
import { type KindVerdicts, Verdicts } from './verdicts.ts';

/** A plugin's filter with its state of this cycle. */
export interface ActiveFilter {
  readonly plugin: Plugin;
  readonly state: unknown;
  /** What it said last: refusals with the same rejection are one object. */
  lastRefusal?: Refusal;
}

/** A plugin's no. */
export interface Refusal {
  readonly plugin: string;
  readonly rejection: Rejection;
}

/** What each plugin's preFilter left for the later points of the cycle; plugins that skipped have none. */
export type CycleStates = ReadonlyMap<Plugin, unknown>;

/** Why no node took the pod. */
export interface Diagnosis {
  /** All nodes when the cycle ran. */
  readonly nodes: readonly NodeInfo[];
  /** The first refusal of each node that was looked at. */
  readonly refusals: Refusals;
  /** The refusal of the nodes that were not looked at, because some plugin knew that they are out of question. */
  readonly others?: Refusal;
  /** What the pod is told about the choice of a preFilter, instead of the reasons of nodes. */
  readonly preFilterMessage?: string;
  readonly rejectedBy: ReadonlySet<string>;
  /** Plugins that wait for something already under way; they are among `rejectedBy` too. */
  readonly pending: ReadonlySet<string>;
  /** The filters with their states, for preemption. */
  readonly filters: readonly ActiveFilter[];
}

/** A plugin that scored, with the weight of its points. */
export interface Scorer {
  readonly plugin: string;
  readonly weight: number;
}

/**
 * What a cycle saw, for explanations: compact, because every cycle leaves one. Looked at were `evaluated` of the `nodes`, from `start` on, round the end; those
 * without a refusal are feasible.
 */
export interface CycleRecord {
  readonly nodes: readonly NodeInfo[];
  readonly start: number;
  readonly evaluated: number;
  readonly refusals: Refusals;
  readonly scorers: readonly Scorer[];
  /** Normalised points (0..100): those of the first scorer for each feasible node in order, then those of the second, … */
  readonly points: Uint8Array;
}

/** The outcome of a cycle. */
export type CycleResult =
  | { readonly type: 'fit'; readonly node: NodeInfo; readonly states: CycleStates; readonly record: CycleRecord }
  | { readonly type: 'unfit'; readonly diagnosis: Diagnosis };

/** The nodes that fit, with what scoring them needs. */
export interface Feasible extends Pick<CycleRecord, 'nodes' | 'start' | 'evaluated' | 'refusals'> {
  readonly type: 'feasible';
  readonly feasible: readonly NodeInfo[];
  readonly states: CycleStates;
  readonly filters: readonly ActiveFilter[];
  readonly memory: KindVerdicts | undefined;
}

/** The outcome of filtering. */
export type FilterResult = Feasible | Extract<CycleResult, { type: 'unfit' }>;

/** What the cycles of one scheduler share. */
export class CycleRunner {
  readonly #random: Random;
  /** By profile and by how many filters the verdicts are of: a plugin that skips some pods may stand between the node-local ones. */
  readonly #verdicts = new Map<Profile, Verdicts[]>();
  /** Where the last search stopped, so that all nodes get their turn. */
  #nextIndex = 0;
  // Reused by every cycle.
  #totals = new Float64Array(0);
  #points = new Float64Array(0);
  readonly #feasible: NodeInfo[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  /** Runs the cycle for `pod`. */
  run(profile: Profile, pod: PodInfo, context: CycleContext): CycleResult {
    const found = this.filter(profile, pod, context);
    return found.type === 'unfit' ? found : this.choose(profile, pod, found, context);
  }

  /** The first half of a cycle: the nodes that fit. `feasible` is valid until the next search. */
  filter(profile: Profile, pod: PodInfo, context: CycleContext): FilterResult {
    const nodes = context.cache.nodes;
    const { times = untimed } = context;
    const startMs = times.nowMs();
    const prepared = prepareFilters(profile, pod, context);
    const filterMs = times.nowMs();
    times.point('PreFilter', 'plugin' in prepared ? statusOf(prepared.rejection) : 'Success', filterMs - startMs);
    if ('plugin' in prepared) return { type: 'unfit', diagnosis: rejectedAtOnce(nodes, prepared) };
    const memory = prepared.allowed ? undefined : this.#memoryOf(profile, pod, prepared.local.length, context);
    const search = this.#search(profile, pod, { context, prepared, memory });
    times.point('Filter', search.feasible.length > 0 ? 'Success' : 'Unschedulable', times.nowMs() - filterMs);
    if (search.feasible.length === 0) return { type: 'unfit', diagnosis: diagnosisOf(nodes, prepared, search.refusals) };
    return { type: 'feasible', ...search, states: prepared.states, filters: prepared.filters, memory };
  }

  /** The second half: the best of the feasible nodes. `extra`: points of others, by index. */
  choose(profile: Profile, pod: PodInfo, found: Feasible, context: CycleContext, extra?: Float64Array): Extract<CycleResult, { type: 'fit' }> {
    const { feasible, states, memory, nodes, start, evaluated, refusals } = found;
    const many = feasible.length > 1;
    const scored = many ? this.#score(profile, pod, { nodes: feasible, states, memory, context }) : UNSCORED;
    if (many && extra) for (let i = 0; i < extra.length; i++) this.#totals[i]! += extra[i]!;
    const node = feasible[many ? pickBest(this.#totals, this.#random) : 0]!;
    return { type: 'fit', node, states, record: { nodes, start, evaluated, refusals, ...scored } };
  }

  #memoryOf(profile: Profile, pod: PodInfo, filters: number, { cache }: CycleContext): KindVerdicts | undefined {
    let byFilters = this.#verdicts.get(profile);
    if (!byFilters) this.#verdicts.set(profile, (byFilters = []));
    const verdicts = (byFilters[filters] ??= new Verdicts());
    return verdicts.of(pod.signature, profile.points.score.length, cache.slotCount);
  }

  #search(profile: Profile, pod: PodInfo, { context, prepared, memory }: Search): Found {
    const { cache, nominator } = context;
    let refusals: Refusals | undefined;
    const { filters, local, global, allowed } = prepared;
    const runLocal = (node: NodeInfo): Refusal | undefined => runFilters(local, pod, node);
    const refusalOf = (node: NodeInfo): Refusal | undefined => {
      if (nominator && nominator.size > 0) {
        const ahead = nominator.ahead(pod, node.name);
        if (ahead.length > 0) return runFiltersBeside(filters, pod, node, ahead);
      }
      return (memory ? memory.filter(node, runLocal) : runLocal(node)) ?? runFilters(global, pod, node);
    };
    const nominated = nominator?.nodeOf(pod.uid) ?? pod.pod.status.nominatedNodeName;
    const first = nominated ? cache.node(nominated) : undefined;
    if (first && (!allowed || allowed.has(first.name)) && !refusalOf(first)) return { feasible: [first], nodes: [first], start: 0, evaluated: 1, refusals: NO_REFUSALS };
    const all = allowed ? [...allowed].flatMap((name) => cache.node(name) ?? []) : cache.nodes;
    const enough = profile.points.score.length === 0 ? 1 : enoughFeasible(all.length, profile.percentageOfNodesToScore);
    const feasible = this.#feasible;
    let fitting = 0;
    const start = all.length > 0 ? this.#nextIndex % all.length : 0;
    let evaluated = 0;
    for (; evaluated < all.length && fitting < enough; evaluated++) {
      const at = start + evaluated;
      const node = all[at < all.length ? at : at - all.length]!;
      const no = refusalOf(node);
      if (no) (refusals ??= new Refusals()).add(node, no);
      else feasible[fitting++] = node;
    }
    // Cut last: an array that is emptied first loses its room and grows anew, once per pod.
    feasible.length = fitting;
    if (!allowed && all.length > 0) this.#nextIndex = (start + evaluated) % all.length;
    return { feasible, nodes: all, start, evaluated, refusals: refusals ?? NO_REFUSALS };
  }

  /** Sets the totals of the nodes: each scorer's normalised points times its weight. */
  #score({ points: { score } }: Profile, pod: PodInfo, { nodes, states, memory, context }: Scoring): Pick<CycleRecord, 'scorers' | 'points'> {
    const count = nodes.length;
    if (this.#totals.length === count) this.#totals.fill(0);
    else [this.#totals, this.#points] = [new Float64Array(count), new Float64Array(count)];
    const totals = this.#totals;
    const points = this.#points;
    const scorers: Scorer[] = [];
    const { times = untimed } = context;
    const startMs = times.nowMs();
    let preScoreMs = 0;
    const kept = new Uint8Array(count * score.length);
    for (let index = 0; index < score.length; index++) {
      const one = score[index]!;
      const { plugin, weight } = one;
      const pluginMs = times.nowMs();
      const state = plugin.preScore ? plugin.preScore(pod, nodes, context, states.get(plugin)) : undefined;
      const scoreMs = times.nowMs();
      preScoreMs += scoreMs - pluginMs;
      if (plugin.preScore) times.plugin(plugin.name, 'PreScore', 'Success', pluginMs);
      if (plugin.preScore && state === undefined) continue;
      if (memory && plugin.nodeLocal) memory.score(index, nodes, points, (node) => plugin.score!(pod, node, state));
      else for (let i = 0; i < count; i++) points[i] = plugin.score!(pod, nodes[i]!, state);
      plugin.normalize?.(points, state as never);
      const offset = scorers.length * count;
      for (let i = 0; i < count; i++) {
        const point = points[i]!;
        totals[i]! += point * weight;
        kept[offset + i] = point;
      }
      times.plugin(plugin.name, 'Score', 'Success', scoreMs);
      scorers.push({ plugin: plugin.name, weight });
    }
    times.point('PreScore', 'Success', preScoreMs);
    times.point('Score', 'Success', times.nowMs() - startMs - preScoreMs);
    return { scorers, points: kept };
  }
}

/** What a search found; `feasible` is valid until the next search. */
interface Found extends Pick<CycleRecord, 'nodes' | 'start' | 'evaluated' | 'refusals'> {
  readonly feasible: readonly NodeInfo[];
}

const NO_REFUSALS = new Refusals();
const UNSCORED: Pick<CycleRecord, 'scorers' | 'points'> = { scorers: [], points: new Uint8Array(0) };

interface Search {
  readonly context: CycleContext;
  readonly prepared: PreparedFilters;
  readonly memory: KindVerdicts | undefined;
}

interface Scoring {
  readonly nodes: readonly NodeInfo[];
  readonly states: CycleStates;
  readonly memory: KindVerdicts | undefined;
  readonly context: CycleContext;
}

interface PreparedFilters {
  readonly filters: readonly ActiveFilter[];
  /** Those that look at the node alone and come first, as in every sensible profile: their verdicts may be remembered. */
  readonly local: readonly ActiveFilter[];
  readonly global: readonly ActiveFilter[];
  readonly states: CycleStates;
  /** When some plugin knows the only nodes in question. */
  readonly allowed: ReadonlySet<string> | undefined;
  readonly allowedBy: readonly string[];
}

const NO_FILTERS: readonly ActiveFilter[] = [];

function prepareFilters({ points }: Profile, pod: PodInfo, context: CycleContext): PreparedFilters | Refusal {
  const states = new Map<Plugin, unknown>();
  const skipped = new Set<Plugin>();
  const allowedBy: string[] = [];
  let allowed: ReadonlySet<string> | undefined;
  const { times = untimed } = context;
  for (const plugin of points.preFilter) {
    const startMs = times.nowMs();
    const result = plugin.preFilter!(pod, context);
    times.plugin(plugin.name, 'PreFilter', result.type === 'reject' ? statusOf(result.rejection) : 'Success', startMs);
    if (result.type === 'reject') return { plugin: plugin.name, rejection: result.rejection };
    if (result.type === 'skip') {
      skipped.add(plugin);
      continue;
    }
    states.set(plugin, result.state);
    if (!result.nodes) continue;
    allowed = allowed ? allowed.intersection(result.nodes) : result.nodes;
    allowedBy.push(plugin.name);
    if (allowed.size === 0) break;
  }
  const filters = points.filter.filter((plugin) => !skipped.has(plugin)).map((plugin) => ({ plugin, state: states.get(plugin) }));
  const firstGlobal = filters.findIndex(({ plugin }) => !plugin.nodeLocal);
  const local = firstGlobal < 0 ? filters : filters.slice(0, firstGlobal);
  const global = firstGlobal < 0 ? NO_FILTERS : filters.slice(firstGlobal);
  return { filters, local, global, states, allowed, allowedBy };
}

/** The first filter that says no to the node; undefined: it fits. */
export function runFilters(filters: readonly ActiveFilter[], pod: PodInfo, node: NodeInfo): Refusal | undefined {
  for (let i = 0; i < filters.length; i++) {
    const filter = filters[i]!;
    const rejection = filter.plugin.filter!(pod, node, filter.state);
    if (!rejection) continue;
    return filter.lastRefusal?.rejection === rejection ? filter.lastRefusal : (filter.lastRefusal = { plugin: filter.plugin.name, rejection });
  }
  return undefined;
}

/**
 * Filters a node for which more important (or equal) pods are nominated: the pod must fit with them there, and also without them, since its own affinity must
 * not rest on pods that may never come.
 */
export function runFiltersBeside(filters: readonly ActiveFilter[], pod: PodInfo, node: NodeInfo, nominated: readonly PodInfo[]): Refusal | undefined {
  const trial = node.copy();
  let shifted = filters;
  for (const other of nominated) {
    trial.add(other);
    shifted = shifted.map(({ plugin, state }) => ({ plugin, state: plugin.shift ? plugin.shift(state, pod, other, trial, 1) : state }));
  }
  return runFilters(shifted, pod, trial) ?? runFilters(filters, pod, node);
}

function rejectedAtOnce(nodes: readonly NodeInfo[], refusal: Refusal): Diagnosis {
  const rejectedBy = new Set([refusal.plugin]);
  return {
    nodes,
    refusals: NO_REFUSALS,
    others: refusal,
    preFilterMessage: refusal.rejection.reasons.join(', '),
    rejectedBy,
    pending: refusal.rejection.pending ? rejectedBy : new Set(),
    filters: [],
  };
}

function diagnosisOf(nodes: readonly NodeInfo[], { filters, allowed, allowedBy }: PreparedFilters, refusals: Refusals): Diagnosis {
  const rejectedBy = new Set<string>(allowedBy);
  const pending = new Set<string>();
  for (const refusal of new Set(refusals.values())) {
    rejectedBy.add(refusal.plugin);
    if (refusal.rejection.pending) pending.add(refusal.plugin);
  }
  const base = { nodes, refusals, rejectedBy, pending, filters };
  if (!allowed) return base;
  if (allowed.size === 0) {
    const message = allowedBy.length === 1 ? `node(s) didn't satisfy plugin ${allowedBy[0]}` : `node(s) didn't satisfy plugin(s) [${allowedBy.join(' ')}] simultaneously`;
    return { ...base, others: { plugin: allowedBy.at(-1)!, rejection: { reasons: [message], resolvable: false } }, preFilterMessage: message };
  }
  return { ...base, others: { plugin: allowedBy.at(-1)!, rejection: { reasons: [`node(s) didn't satisfy plugin(s) [${allowedBy.join(' ')}]`], resolvable: false } } };
}

/** The index of the highest total; among equals, any with the same chance. */
function pickBest(totals: Float64Array, random: Random): number {
  let best = totals[0]!;
  let ties = 0;
  for (let i = 0; i < totals.length; i++) {
    const total = totals[i]!;
    if (total > best) {
      best = total;
      ties = 1;
    } else if (total === best) ties++;
  }
  let left = ties > 1 ? random.int(ties) : 0;
  for (let i = 0; i < totals.length; i++) if (totals[i] === best && left-- === 0) return i;
  return 0;
}
