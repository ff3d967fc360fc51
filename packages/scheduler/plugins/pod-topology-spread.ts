/**
 * PodTopologySpread: pods that belong together are spread evenly over nodes, zones and other topologies.
 *
 * Source: the documented fields of `topologySpreadConstraints` and the scheduler's built-in default constraints.
 */
import { findUntolerated } from '#kinds/core/pod/tolerations.ts';
import { admitsNode } from '#kinds/core/node/matching.ts';
import type { TopologySpreadConstraint } from '#kinds/core/pod/affinity.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { compileLabelSelector, type LabelMatcher } from '#machinery/selectors.ts';
import { type CycleContext, MAX_NODE_SCORE, type Plugin, type Rejection } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import type { PodInfo } from '../pod-info.ts';

/** Finds what the pods of a workload have in common: the selector of its owner or services; undefined when it has neither. */
export type DefaultSelector = (pod: Pod) => LabelMatcher | undefined;

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

/** How many matching pods each value of a constraint's topology key has. */
interface Spread {
  readonly constraint: Constraint;
  readonly counts: Map<string, number>;
}

interface FilterState {
  readonly spreads: readonly Spread[];
}

interface ScoreState {
  readonly spreads: readonly (Spread & { readonly weight: number })[];
  /** Nodes without one of the keys. */
  readonly ignored: ReadonlySet<string>;
  /** Cluster defaults do not require every key. */
  readonly requireAllKeys: boolean;
  readonly nodes: readonly NodeInfo[];
}

const MISMATCH: Rejection = { reasons: ["node(s) didn't match pod topology spread constraints"], resolvable: true };
const MISSING_LABEL: Rejection = { reasons: ["node(s) didn't match pod topology spread constraints (missing required label)"], resolvable: false };

const HOSTNAME = 'kubernetes.io/hostname';
/** What pods without constraints of their own get: preferences only. */
const SYSTEM_DEFAULTS: readonly { readonly key: string; readonly maxSkew: number }[] = [
  { key: HOSTNAME, maxSkew: 3 },
  { key: 'topology.kubernetes.io/zone', maxSkew: 5 },
];

const labelOf = (node: NodeInfo, key: string): string | undefined => node.node.metadata.labels?.[key];

/** Topology spread; `defaultSelector` serves the cluster's default constraints. */
export function podTopologySpread(defaultSelector: DefaultSelector): Plugin<FilterState | ScoreState> {
  return {
    name: 'PodTopologySpread',
    events: [{ on: ['AssignedPodAdd', 'AssignedPodUpdate', 'AssignedPodDelete', 'NodeAdd', 'NodeDelete', 'NodeLabels', 'NodeTaints', 'PodUpdate'] }],
    preFilter(pod, context) {
      const constraints = constraintsOf(pod.pod, 'DoNotSchedule');
      if (constraints.length === 0) return { type: 'skip' };
      return { type: 'state', state: { spreads: constraints.map((constraint) => countSpread(constraint, constraints, pod, context)) } };
    },
    filter: (_pod, node, state) => filterNode(node, (state as FilterState).spreads),
    shift: (state, _pod, other, node, sign) => ({ spreads: (state as FilterState).spreads.map((spread) => shifted(spread, other, node, sign)) }),
    preScore(pod, nodes, context) {
      const own = constraintsOf(pod.pod, 'ScheduleAnyway');
      const isDefault = (pod.pod.spec.topologySpreadConstraints ?? []).length === 0;
      const constraints = isDefault ? defaultConstraints(pod.pod, defaultSelector) : own;
      return constraints.length === 0 ? undefined : scoreState(constraints, pod, nodes, context, !isDefault);
    },
    score: (_pod, node, state) => scoreNode(node, state as ScoreState),
    normalize: (scores, state) => normalize(scores, state as ScoreState),
  };
}

function constraintsOf(pod: Pod, when: TopologySpreadConstraint['whenUnsatisfiable']): Constraint[] {
  return (pod.spec.topologySpreadConstraints ?? []).filter((one) => one.whenUnsatisfiable === when).map((one) => compile(pod, one));
}

function compile(pod: Pod, one: TopologySpreadConstraint): Constraint {
  const labels = pod.metadata.labels ?? {};
  const matchKeys = (one.matchLabelKeys ?? []).filter((key) => labels[key] !== undefined);
  const selector = compileLabelSelector({
    ...one.labelSelector,
    matchLabels: { ...one.labelSelector?.matchLabels, ...Object.fromEntries(matchKeys.map((key) => [key, labels[key]!])) },
  });
  const effective = one.labelSelector || matchKeys.length > 0 ? selector : compileLabelSelector(null);
  return {
    maxSkew: one.maxSkew,
    key: one.topologyKey,
    minDomains: one.minDomains ?? 1,
    selector: effective,
    honorAffinity: one.nodeAffinityPolicy !== 'Ignore',
    honorTaints: one.nodeTaintsPolicy === 'Honor',
    selfMatch: effective.matches(labels),
  };
}

function defaultConstraints(pod: Pod, defaultSelector: DefaultSelector): Constraint[] {
  const selector = defaultSelector(pod);
  if (!selector) return [];
  const selfMatch = selector.matches(pod.metadata.labels ?? {});
  return SYSTEM_DEFAULTS.map(({ key, maxSkew }) => ({ maxSkew, key, minDomains: 1, selector, honorAffinity: true, honorTaints: false, selfMatch }));
}

/** Whether the node takes part in the count: it has every key, and the pod could be there by affinity and taints as far as the constraint honours them. */
function takesPart(constraint: Constraint, keys: readonly Constraint[], pod: PodInfo, node: NodeInfo): boolean {
  if (!keys.every(({ key }) => labelOf(node, key) !== undefined)) return false;
  if (constraint.honorAffinity && !admitsNode(pod.pod, node.node)) return false;
  return !constraint.honorTaints || !findUntolerated(node.node.spec.taints, pod.pod.spec.tolerations, ['NoSchedule', 'NoExecute']);
}

function countMatching(node: NodeInfo, { selector }: Constraint, namespace: string | undefined): number {
  let count = 0;
  for (const { pod } of node.pods.values()) {
    if (pod.metadata.namespace === namespace && !pod.metadata.deletionTimestamp && selector.matches(pod.metadata.labels ?? {})) count++;
  }
  return count;
}

function countSpread(constraint: Constraint, all: readonly Constraint[], pod: PodInfo, { cache }: CycleContext): Spread {
  const counts = new Map<string, number>();
  for (const node of cache.nodes) {
    if (!takesPart(constraint, all, pod, node)) continue;
    const value = labelOf(node, constraint.key)!;
    counts.set(value, (counts.get(value) ?? 0) + countMatching(node, constraint, pod.pod.metadata.namespace));
  }
  return { constraint, counts };
}

function filterNode(node: NodeInfo, spreads: readonly Spread[]): Rejection | undefined {
  for (const { constraint, counts } of spreads) {
    const value = labelOf(node, constraint.key);
    if (value === undefined) return MISSING_LABEL;
    // Too few domains: the emptiest counts as empty, so that new domains are waited for.
    const least = counts.size < constraint.minDomains ? 0 : Math.min(...counts.values());
    const skew = (counts.get(value) ?? 0) + (constraint.selfMatch ? 1 : 0) - (Number.isFinite(least) ? least : 0);
    if (skew > constraint.maxSkew) return MISMATCH;
  }
  return undefined;
}

function shifted(spread: Spread, other: PodInfo, node: NodeInfo, sign: 1 | -1): Spread {
  const value = labelOf(node, spread.constraint.key);
  if (value === undefined || !spread.counts.has(value) || !spread.constraint.selector.matches(other.pod.metadata.labels ?? {})) return spread;
  return { ...spread, counts: new Map(spread.counts).set(value, spread.counts.get(value)! + sign) };
}

function scoreState(constraints: readonly Constraint[], pod: PodInfo, nodes: readonly NodeInfo[], { cache }: CycleContext, requireAllKeys: boolean): ScoreState | undefined {
  const hasAll = (node: NodeInfo): boolean => constraints.every(({ key }) => labelOf(node, key) !== undefined);
  const ignored = new Set(requireAllKeys ? nodes.filter((node) => !hasAll(node)).map((node) => node.name) : []);
  const scored = nodes.filter((node) => !ignored.has(node.name));
  const spreads = constraints.flatMap((constraint) => {
    const values = new Set(scored.flatMap((node) => labelOf(node, constraint.key) ?? []));
    if (values.size === 0) return [];
    const counts = new Map<string, number>();
    // A host is its own domain: only the nodes in question need counting.
    for (const node of constraint.key === HOSTNAME ? scored : cache.nodes) {
      const value = labelOf(node, constraint.key);
      if (value === undefined || !values.has(value)) continue;
      if (!takesPart(constraint, requireAllKeys ? constraints : [constraint], pod, node)) continue;
      counts.set(value, (counts.get(value) ?? 0) + countMatching(node, constraint, pod.pod.metadata.namespace));
    }
    return [{ constraint, counts, weight: Math.log(values.size + 2) }];
  });
  return spreads.length === 0 ? undefined : { spreads, ignored, requireAllKeys, nodes };
}

function scoreNode(node: NodeInfo, { spreads, ignored }: ScoreState): number {
  if (ignored.has(node.name)) return 0;
  let score = 0;
  for (const { constraint, counts, weight } of spreads) {
    const value = labelOf(node, constraint.key);
    if (value !== undefined) score += (counts.get(value) ?? 0) * weight + (constraint.maxSkew - 1);
  }
  return Math.round(score);
}

/** Fewer matching pods are better: scores are turned round between the least and the most. */
function normalize(scores: Float64Array, { nodes, ignored }: ScoreState): void {
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  for (const [index, node] of nodes.entries()) {
    if (ignored.has(node.name)) continue;
    least = Math.min(least, scores[index]!);
    most = Math.max(most, scores[index]!);
  }
  for (const [index, node] of nodes.entries()) {
    if (ignored.has(node.name)) scores[index] = 0;
    else scores[index] = most === 0 ? MAX_NODE_SCORE : Math.floor((MAX_NODE_SCORE * (most + least - scores[index]!)) / most);
  }
}
