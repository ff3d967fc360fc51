/**
 * PodTopologySpread: pods that belong together are spread evenly over nodes, zones and other topologies.
 *
 * Source: the documented fields of `topologySpreadConstraints` and the scheduler's built-in default constraints.
 */
import { findUntolerated } from '#kinds/core/pod/tolerations.ts';
import { admitsNode } from '#kinds/core/node/matching.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import type { TopologySpreadConstraint } from '#kinds/core/pod/affinity.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { LabelSelector } from '#machinery/meta.ts';
import { compileLabelSelector, type LabelMatcher } from '#machinery/selectors.ts';
import type { SchedulerCache } from '../cache.ts';
import { MAX_NODE_SCORE, type Plugin, type Rejection } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import type { PodInfo } from '../pod-info.ts';
import type { Tally } from '../tally.ts';

/** Finds what the pods of a workload have in common: the selector of its owner or services; undefined when it has neither. */
export type DefaultSelector = (pod: Pod) => LabelMatcher | undefined;

/** A constraint that pods without any of their own get; its selector is found by `DefaultSelector`. */
export interface DefaultConstraint {
  readonly maxSkew: number;
  readonly topologyKey: string;
  readonly whenUnsatisfiable: TopologySpreadConstraint['whenUnsatisfiable'];
}

/** Arguments of the plugin. */
export interface PodTopologySpreadArgs {
  readonly defaultConstraints: readonly DefaultConstraint[];
  /** `System`: the built-in preferences; `List`: the constraints given. */
  readonly defaultingType: 'System' | 'List';
}

/** The defaults. */
export const POD_TOPOLOGY_SPREAD_DEFAULTS: PodTopologySpreadArgs = { defaultConstraints: [], defaultingType: 'System' };

interface Constraint {
  readonly maxSkew: number;
  readonly key: string;
  readonly minDomains: number;
  readonly selector: LabelMatcher;
  readonly honorAffinity: boolean;
  readonly honorTaints: boolean;
  /** Whether the pod itself counts. */
  readonly selfMatch: boolean;
}

interface FilterState {
  readonly spreads: readonly { readonly constraint: Constraint; readonly tally: Tally; readonly corrections: ReadonlyMap<string, number> }[];
}

interface ScoreState {
  readonly spreads: readonly { readonly constraint: Constraint; readonly tally: Tally; readonly weight: number }[];
  readonly nodes: readonly NodeInfo[];
  /** By index: nodes without one of the keys, which get no points. */
  readonly ignored: Uint8Array | undefined;
}

const MISMATCH: Rejection = { reasons: ["node(s) didn't match pod topology spread constraints"], resolvable: true };
const MISSING_LABEL: Rejection = { reasons: ["node(s) didn't match pod topology spread constraints (missing required label)"], resolvable: false };

const HOSTNAME = 'kubernetes.io/hostname';
/** What pods without constraints of their own get: preferences only. */
const SYSTEM_DEFAULTS: readonly DefaultConstraint[] = [
  { topologyKey: HOSTNAME, maxSkew: 3, whenUnsatisfiable: 'ScheduleAnyway' },
  { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 5, whenUnsatisfiable: 'ScheduleAnyway' },
];
const HARD_EFFECTS = ['NoSchedule', 'NoExecute'];
const NO_CORRECTIONS: ReadonlyMap<string, number> = new Map();

/** Topology spread; `defaultSelector` serves the default constraints. */
export function podTopologySpread(defaultSelector: DefaultSelector, args: PodTopologySpreadArgs = POD_TOPOLOGY_SPREAD_DEFAULTS): Plugin<FilterState, ScoreState> {
  const system = args.defaultingType === 'System';
  const defaults = system ? SYSTEM_DEFAULTS : args.defaultConstraints;
  const constraintsOf = (pod: Pod, when: TopologySpreadConstraint['whenUnsatisfiable']): Constraint[] => {
    const own = pod.spec.topologySpreadConstraints ?? [];
    return own.length > 0 ? own.filter((one) => one.whenUnsatisfiable === when).map((one) => compile(pod, one)) : fromDefaults(pod, defaults.filter((one) => one.whenUnsatisfiable === when), defaultSelector);
  };
  return {
    name: 'PodTopologySpread',
    events: [
      { on: ['AssignedPodAdd', 'AssignedPodUpdate', 'AssignedPodDelete'], helps: (pod, { next, previous }) => (next ?? previous)?.metadata.namespace === pod.metadata.namespace },
      { on: ['NodeAdd', 'NodeDelete', 'NodeLabels', 'NodeTaints', 'PodUpdate'] },
    ],
    preFilter({ pod }, context) {
      const constraints = constraintsOf(pod, 'DoNotSchedule');
      if (constraints.length === 0) return { type: 'skip' };
      return { type: 'state', state: { spreads: constraints.map((constraint) => ({ constraint, tally: tallyOf(constraint, constraints, pod, context.cache), corrections: NO_CORRECTIONS })) } };
    },
    filter: (_pod, node, state) => filterNode(node, state),
    shift: (state, pod, other, node, sign) => shifted(state, { pod, other, node, sign }),
    preScore({ pod }, nodes, { cache }) {
      const constraints = constraintsOf(pod, 'ScheduleAnyway');
      // The built-in preferences are no demand that nodes have every key.
      const requireAllKeys = (pod.spec.topologySpreadConstraints ?? []).length > 0 || !system;
      return constraints.length === 0 ? undefined : scoreState({ constraints, pod, nodes, cache, requireAllKeys });
    },
    score: (_pod, node, { spreads }) => scoreNode(node, spreads),
    normalize,
  };
}

type Labels = Readonly<Record<string, string>>;

/**
 * The constraint's selector with the pod's own values of `matchLabelKeys`. A server merges them when the pod is created, unless its gate is
 * off; what it merged stays, whatever became of the labels since.
 */
function ownSelector({ labelSelector, matchLabelKeys = [] }: TopologySpreadConstraint, labels: Labels): LabelSelector | undefined {
  if (!labelSelector || matchLabelKeys.length === 0) return labelSelector;
  const merged = new Set((labelSelector.matchExpressions ?? []).map(({ key }) => key));
  const more = matchLabelKeys.flatMap((key) => (merged.has(key) || labels[key] === undefined ? [] : [{ key, operator: 'In' as const, values: [labels[key]] }]));
  return more.length === 0 ? labelSelector : { ...labelSelector, matchExpressions: [...(labelSelector.matchExpressions ?? []), ...more] };
}

function compile(pod: Pod, one: TopologySpreadConstraint): Constraint {
  const labels = pod.metadata.labels ?? {};
  const selector = compileLabelSelector(ownSelector(one, labels));
  return {
    maxSkew: one.maxSkew,
    key: one.topologyKey,
    minDomains: one.minDomains ?? 1,
    selector,
    honorAffinity: one.nodeAffinityPolicy !== 'Ignore',
    honorTaints: one.nodeTaintsPolicy === 'Honor',
    selfMatch: selector.matches(labels),
  };
}

function fromDefaults(pod: Pod, defaults: readonly DefaultConstraint[], defaultSelector: DefaultSelector): Constraint[] {
  const selector = defaults.length === 0 ? undefined : defaultSelector(pod);
  if (!selector) return [];
  const selfMatch = selector.matches(pod.metadata.labels ?? {});
  return defaults.map(({ topologyKey, maxSkew }) => ({ maxSkew, key: topologyKey, minDomains: 1, selector, honorAffinity: true, honorTaints: false, selfMatch }));
}

/** The pods that a constraint counts, on the nodes that take part: those that have every key, and where the pod could be by affinity and taints as far as they are honoured. */
function tallyOf({ key, selector, honorAffinity, honorTaints }: Constraint, keys: readonly Constraint[], pod: Pod, cache: SchedulerCache): Tally {
  const { nodeSelector, affinity, tolerations } = pod.spec;
  const namespace = pod.metadata.namespace;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const limited = honorAffinity && (nodeSelector ?? required) !== undefined;
  const names = keys.map((one) => one.key);
  return cache.tallies.of({
    id: `spread ${JSON.stringify([namespace, key, names, selector.toString(), limited ? [nodeSelector, required] : 0, honorTaints ? (tolerations ?? []) : 0])}`,
    topologyKey: key,
    includes: (node: Node) =>
      names.every((name) => node.metadata.labels?.[name] !== undefined) &&
      (!limited || admitsNode(pod, node)) &&
      (!honorTaints || !findUntolerated(node.spec.taints, tolerations, HARD_EFFECTS)),
    counts: (other) => other.namespace === namespace && other.pod.metadata.deletionTimestamp === undefined && selector.matches(other.labels),
  });
}

function filterNode(node: NodeInfo, { spreads }: FilterState): Rejection | undefined {
  for (const { constraint, tally, corrections } of spreads) {
    const value = node.labels[constraint.key];
    if (value === undefined) return MISSING_LABEL;
    const skew = (tally.domainOf(node) ?? tally.domains.get(value))?.pods ?? 0;
    const corrected = skew + (corrections.get(value) ?? 0) + (constraint.selfMatch ? 1 : 0);
    // Too few domains: the emptiest counts as empty, so that new domains are waited for.
    const least = tally.domains.size < constraint.minDomains ? 0 : leastOf(tally, corrections);
    if (corrected - least > constraint.maxSkew) return MISMATCH;
  }
  return undefined;
}

function leastOf(tally: Tally, corrections: ReadonlyMap<string, number>): number {
  if (corrections.size === 0) return tally.least;
  let least = Number.POSITIVE_INFINITY;
  for (const { value, pods } of tally.domains.values()) least = Math.min(least, pods + (corrections.get(value) ?? 0));
  return Number.isFinite(least) ? least : 0;
}

interface Shift {
  readonly pod: PodInfo;
  readonly other: PodInfo;
  readonly node: NodeInfo;
  readonly sign: 1 | -1;
}

function shifted({ spreads }: FilterState, { other, node, sign }: Shift): FilterState {
  return {
    spreads: spreads.map((spread) => {
      const domain = spread.tally.domainOf(node);
      if (!domain || !spread.tally.spec.counts(other)) return spread;
      return { ...spread, corrections: new Map(spread.corrections).set(domain.value, (spread.corrections.get(domain.value) ?? 0) + sign) };
    }),
  };
}

interface Scoring {
  readonly constraints: readonly Constraint[];
  readonly pod: Pod;
  readonly nodes: readonly NodeInfo[];
  readonly cache: SchedulerCache;
  readonly requireAllKeys: boolean;
}

function scoreState({ constraints, pod, nodes, cache, requireAllKeys }: Scoring): ScoreState {
  const ignored = requireAllKeys ? nodesWithoutKeys(nodes, constraints) : undefined;
  const ignoredCount = ignored ? ignored.reduce((sum, one) => sum + one, 0) : 0;
  const spreads = constraints.map((constraint) => {
    const tally = tallyOf(constraint, requireAllKeys ? constraints : [constraint], pod, cache);
    const domains = constraint.key === HOSTNAME ? nodes.length - ignoredCount : distinctValues(nodes, constraint.key, ignored);
    return { constraint, tally, weight: Math.log(domains + 2) };
  });
  return { spreads, nodes, ignored };
}

/** Marks the nodes that lack one of the keys; undefined when there are none. */
function nodesWithoutKeys(nodes: readonly NodeInfo[], constraints: readonly Constraint[]): Uint8Array | undefined {
  let ignored: Uint8Array | undefined;
  for (let i = 0; i < nodes.length; i++) {
    for (const { key } of constraints) if (nodes[i]!.labels[key] === undefined) (ignored ??= new Uint8Array(nodes.length))[i] = 1;
  }
  return ignored;
}

function distinctValues(nodes: readonly NodeInfo[], key: string, ignored: Uint8Array | undefined): number {
  const values = new Set<string>();
  let last: string | undefined;
  for (let i = 0; i < nodes.length; i++) {
    const value = ignored?.[i] ? undefined : nodes[i]!.labels[key];
    if (value === undefined || value === last) continue;
    values.add(value);
    last = value;
  }
  return values.size;
}

function scoreNode(node: NodeInfo, spreads: ScoreState['spreads']): number {
  let score = 0;
  for (const { constraint, tally, weight } of spreads) {
    const value = node.labels[constraint.key];
    if (value === undefined) continue;
    const domain = tally.domainOf(node) ?? tally.domains.get(value);
    score += (domain?.pods ?? 0) * weight + (constraint.maxSkew - 1);
  }
  return Math.round(score);
}

/** Fewer matching pods are better: scores are turned round between the least and the most. */
function normalize(scores: Float64Array, { ignored }: ScoreState): void {
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < scores.length; i++) {
    if (ignored?.[i]) continue;
    least = Math.min(least, scores[i]!);
    most = Math.max(most, scores[i]!);
  }
  for (let i = 0; i < scores.length; i++) {
    if (ignored?.[i]) scores[i] = 0;
    else scores[i] = most === 0 ? MAX_NODE_SCORE : Math.floor((MAX_NODE_SCORE * (most + least - scores[i]!)) / most);
  }
}
