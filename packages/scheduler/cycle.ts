/**
 * One scheduling cycle: which node takes the pod, or why none does. Synchronous; changes nothing.
 */
import type { Random } from '#base/random.ts';
import type { CycleContext, Plugin, Rejection } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';
import type { Profile } from './profile.ts';

/** A plugin's filter with its state of this cycle. */
export interface ActiveFilter {
  readonly plugin: Plugin;
  readonly state: unknown;
}

/** What each plugin's preFilter left for the later points of the cycle; plugins that skipped have none. */
export type CycleStates = ReadonlyMap<Plugin, unknown>;

/** Why no node took the pod. */
export interface Diagnosis {
  /** Nodes in the cluster when the cycle ran. */
  readonly nodeCount: number;
  /** The first rejection of each node, with the plugin that spoke it. */
  readonly byNode: ReadonlyMap<string, { readonly plugin: string; readonly rejection: Rejection }>;
  /** Set when a preFilter rejected the pod as such. */
  readonly preFilter?: Rejection;
  readonly rejectedBy: ReadonlySet<string>;
  /** The filters with their states, for preemption. */
  readonly filters: readonly ActiveFilter[];
}

/** A plugin's score of a node, after normalisation and weight. */
export interface NodeScore {
  readonly node: NodeInfo;
  readonly total: number;
}

/** The outcome of a cycle. */
export type CycleResult =
  | { readonly type: 'fit'; readonly node: NodeInfo; readonly states: CycleStates; readonly evaluated: number; readonly feasible: number }
  | { readonly type: 'unfit'; readonly diagnosis: Diagnosis };

/** In clusters of this size and below, every node is looked at. */
const MIN_FEASIBLE_NODES = 100;
/** However large the cluster, at least this share of it (in percent) is looked at. */
const MIN_PERCENTAGE = 5;

/**
 * How many feasible nodes are enough before scoring starts: all up to 100, then a share that falls from 50 % by 1 % per 125 nodes, never under 5 %.
 *
 * Source: the documented default of `percentageOfNodesToScore`.
 */
export function feasibleNodesToFind(nodeCount: number): number {
  if (nodeCount < MIN_FEASIBLE_NODES) return nodeCount;
  const percentage = Math.max(MIN_PERCENTAGE, 50 - Math.floor(nodeCount / 125));
  return Math.max(MIN_FEASIBLE_NODES, Math.floor((nodeCount * percentage) / 100));
}

/** What the cycles of one scheduler share: where the last search stopped, so that all nodes get their turn. */
export interface CycleRotation {
  nextIndex: number;
}

/** Runs the cycle for `pod`. */
export function runCycle(profile: Profile, pod: PodInfo, context: CycleContext, rotation: CycleRotation, random: Random): CycleResult {
  const all = context.cache.nodes;
  const prepared = prepareFilters(profile, pod, context);
  if ('rejection' in prepared) {
    const { rejection, plugin } = prepared;
    const byNode = new Map(all.map((node) => [node.name, { plugin, rejection }]));
    return { type: 'unfit', diagnosis: { nodeCount: all.length, byNode, preFilter: rejection, rejectedBy: new Set([plugin]), filters: [] } };
  }
  const { filters, states, allowed, allowedBy } = prepared;
  const byNode = new Map<string, { plugin: string; rejection: Rejection }>();
  const rejectedBy = new Set<string>(allowedBy);
  const feasible: NodeInfo[] = [];
  const enough = feasibleNodesToFind(all.length);
  const nominated = pod.pod.status.nominatedNodeName;
  const first = nominated ? context.cache.node(nominated) : undefined;
  if (first && (!allowed || allowed.has(first.name)) && !runFilters(filters, pod, first)) feasible.push(first);
  let evaluated = 0;
  for (let step = 0; feasible.length < enough && step < all.length && !(first && feasible[0] === first); step++) {
    const node = all[(rotation.nextIndex + step) % all.length]!;
    evaluated++;
    if (allowed && !allowed.has(node.name)) continue;
    const no = runFilters(filters, pod, node);
    if (!no) feasible.push(node);
    else {
      byNode.set(node.name, no);
      rejectedBy.add(no.plugin);
    }
  }
  if (all.length > 0) rotation.nextIndex = (rotation.nextIndex + evaluated) % all.length;
  if (feasible.length === 0) return { type: 'unfit', diagnosis: { nodeCount: all.length, byNode, rejectedBy, filters } };
  const node = feasible.length === 1 ? feasible[0]! : pickBest(scoreNodes(profile, pod, { nodes: feasible, states }, context), random);
  return { type: 'fit', node, states, evaluated, feasible: feasible.length };
}

interface PreparedFilters {
  readonly filters: readonly ActiveFilter[];
  readonly states: CycleStates;
  /** When some plugin knows the only nodes in question. */
  readonly allowed: ReadonlySet<string> | undefined;
  readonly allowedBy: readonly string[];
}

function prepareFilters({ points }: Profile, pod: PodInfo, context: CycleContext): PreparedFilters | { readonly plugin: string; readonly rejection: Rejection } {
  const states = new Map<Plugin, unknown>();
  const skipped = new Set<Plugin>();
  const allowedBy: string[] = [];
  let allowed: ReadonlySet<string> | undefined;
  for (const plugin of points.preFilter) {
    const result = plugin.preFilter!(pod, context);
    if (result.type === 'reject') return { plugin: plugin.name, rejection: result.rejection };
    if (result.type === 'skip') {
      skipped.add(plugin);
      continue;
    }
    states.set(plugin, result.state);
    if (!result.nodes) continue;
    allowed = allowed ? allowed.intersection(result.nodes) : result.nodes;
    allowedBy.push(plugin.name);
  }
  const filters = points.filter.filter((plugin) => !skipped.has(plugin)).map((plugin) => ({ plugin, state: states.get(plugin) }));
  return { filters, states, allowed, allowedBy };
}

/** The first filter that says no to the node; undefined: it fits. */
export function runFilters(filters: readonly ActiveFilter[], pod: PodInfo, node: NodeInfo): { plugin: string; rejection: Rejection } | undefined {
  for (const { plugin, state } of filters) {
    const rejection = plugin.filter!(pod, node, state);
    if (rejection) return { plugin: plugin.name, rejection };
  }
  return undefined;
}

/** The nodes that passed the filters, with the states of the cycle. */
export interface Feasible {
  readonly nodes: readonly NodeInfo[];
  readonly states: CycleStates;
}

/** Total scores of the nodes: each scorer's normalised points times its weight. */
export function scoreNodes({ points: { score } }: Profile, pod: PodInfo, feasible: Feasible, context: CycleContext): NodeScore[] {
  const { nodes, states } = feasible;
  const totals = new Float64Array(nodes.length);
  const points = new Float64Array(nodes.length);
  for (const { plugin, weight } of score) {
    const state = plugin.preScore ? plugin.preScore(pod, nodes, context, states.get(plugin)) : undefined;
    if (plugin.preScore && state === undefined) continue;
    for (let i = 0; i < nodes.length; i++) points[i] = plugin.score!(pod, nodes[i]!, state);
    plugin.normalize?.(points, state);
    for (let i = 0; i < nodes.length; i++) totals[i]! += points[i]! * weight;
  }
  return nodes.map((node, index) => ({ node, total: totals[index]! }));
}

/** The node with the highest total; among equals, any with the same chance. */
function pickBest(scores: readonly NodeScore[], random: Random): NodeInfo {
  let best = scores[0]!;
  let ties = 1;
  for (const score of scores.slice(1)) {
    if (score.total > best.total) {
      best = score;
      ties = 1;
    } else if (score.total === best.total && random.int(++ties) === 0) best = score;
  }
  return best.node;
}
