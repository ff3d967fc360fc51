/**
 * InterPodAffinity: pods that want to be near others or away from them, and the same wishes of pods that are there already.
 *
 * Source: the documented rules of pod affinity and anti-affinity.
 */
import { type AffinityTerms, type NamespaceLabels, type Term, termMeans } from '../affinity-terms.ts';
import type { SchedulerCache } from '../cache.ts';
import { type CycleContext, MAX_NODE_SCORE, type Plugin, type Rejection } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import type { PodInfo } from '../pod-info.ts';
import type { Tally } from '../tally.ts';

/** Arguments of the plugin. */
export interface InterPodAffinityArgs {
  /** What a required affinity term of a placed pod is worth as a preference for pods it means (0..100). */
  readonly hardPodAffinityWeight: number;
  readonly ignorePreferredTermsOfExistingPods: boolean;
}

/** The defaults. */
export const INTER_POD_AFFINITY_DEFAULTS: InterPodAffinityArgs = { hardPodAffinityWeight: 1, ignorePreferredTermsOfExistingPods: false };

const AFFINITY: Rejection = { reasons: ["node(s) didn't match pod affinity rules"], resolvable: false };
const ANTI_AFFINITY: Rejection = { reasons: ["node(s) didn't match pod anti-affinity rules"], resolvable: true };
const EXISTING: Rejection = { reasons: ["node(s) didn't satisfy existing pods anti-affinity rules"], resolvable: true };

/** Corrections to counts while preemption tries pods out: by question and topology value. */
type Corrections = ReadonlyMap<string, number>;

interface FilterState {
  /** One per required affinity term: pods that all the terms mean. */
  readonly wanted: readonly { readonly term: Term; readonly tally: Tally }[];
  /** The pod means itself: it may be the first of its group. */
  readonly meansItself: boolean;
  readonly unwanted: readonly { readonly term: Term; readonly tally: Tally }[];
  /** Anti-affinity terms of placed pods that mean this pod: how many pods have them, by topology value. */
  readonly existing: readonly { readonly term: Term; readonly byValue: ReadonlyMap<string, number> }[];
  readonly corrections: Corrections;
  readonly namespaceLabels: NamespaceLabels;
}

interface ScoreState {
  /** Pods that the pod's own preferences mean. */
  readonly own: readonly { readonly tally: Tally; readonly weight: number }[];
  readonly others: readonly { readonly key: string; readonly byValue: ReadonlyMap<string, number>; readonly weight: number }[];
}

/** Affinity and anti-affinity between pods. */
export function interPodAffinity(args: InterPodAffinityArgs = INTER_POD_AFFINITY_DEFAULTS): Plugin<FilterState, ScoreState> {
  return {
    name: 'InterPodAffinity',
    events: [
      { on: ['AssignedPodAdd', 'AssignedPodUpdate'], helps: (pod, { next }) => concernsPod(pod, next as unknown as PodInfo['pod']) },
      { on: ['AssignedPodDelete'], helps: (pod, { previous }) => concernsPod(pod, previous as unknown as PodInfo['pod']) },
      { on: ['NodeAdd', 'NodeLabels', 'PodUpdate', 'NamespaceAdd', 'NamespaceUpdate'] },
    ],
    preFilter(pod, context) {
      const state = filterState(pod, context);
      return state ? { type: 'state', state } : { type: 'skip' };
    },
    filter: (_pod, node, state) => filterNode(node, state),
    shift: (state, pod, other, node, sign) => shifted(state, { pod, other, node, sign }),
    preScore: (pod, _nodes, { cache }) => scoreState(pod, cache, args),
    score: (_pod, node, state) => scoreNode(node, state),
    normalize,
  };
}

/** Whether a placed pod's coming or going may matter to a pod that this plugin rejected: looked at closely when it is tried again. */
function concernsPod(pod: PodInfo['pod'], placed: PodInfo['pod'] | undefined): boolean {
  return Boolean(pod.spec.affinity?.podAffinity ?? pod.spec.affinity?.podAntiAffinity ?? placed?.spec.affinity?.podAntiAffinity);
}

/** A tally of the pods that all these terms mean, in the topology of one of them. */
function tallyOf(cache: SchedulerCache, terms: readonly Term[], topologyKey: string): Tally {
  const { namespaceLabels } = cache;
  return cache.tallies.of({
    id: `terms ${topologyKey} ${terms.map((term) => term.id).join(' ')}`,
    topologyKey,
    includes: () => true,
    counts: ({ namespace, labels }) => terms.every((term) => termMeans(term, namespace, labels, namespaceLabels)),
    onNamespaces: terms.some((term) => term.namespaceSelector),
  });
}

function filterState(pod: PodInfo, { cache }: CycleContext): FilterState | undefined {
  const { namespaceLabels } = cache;
  const existing = cache.standingTerms.matching('requiredAnti', pod, namespaceLabels);
  const { required = [], requiredAnti = [] }: Partial<AffinityTerms> = pod.affinity ?? {};
  if (existing.length === 0 && required.length === 0 && requiredAnti.length === 0) return undefined;
  return {
    wanted: required.map((term) => ({ term, tally: tallyOf(cache, required, term.topologyKey) })),
    meansItself: required.every((term) => termMeans(term, pod.namespace, pod.labels, namespaceLabels)),
    unwanted: requiredAnti.map((term) => ({ term, tally: tallyOf(cache, [term], term.topologyKey) })),
    existing,
    corrections: NO_CORRECTIONS,
    namespaceLabels,
  };
}

const NO_CORRECTIONS: Corrections = new Map();

function filterNode(node: NodeInfo, state: FilterState): Rejection | undefined {
  if (state.wanted.length > 0 && !hasWanted(node, state)) return AFFINITY;
  const { corrections } = state;
  for (const { term, tally } of state.unwanted) {
    const value = node.labels[term.topologyKey];
    if (value !== undefined && (tally.domainOf(node)?.pods ?? 0) + correction(corrections, 'unwanted', term, value) > 0) return ANTI_AFFINITY;
  }
  for (const { term, byValue } of state.existing) {
    const value = node.labels[term.topologyKey];
    if (value !== undefined && (byValue.get(value) ?? 0) + correction(corrections, 'existing', term, value) > 0) return EXISTING;
  }
  return undefined;
}

function hasWanted(node: NodeInfo, { wanted, meansItself, corrections }: FilterState): boolean {
  let found = true;
  for (const { term, tally } of wanted) {
    const value = node.labels[term.topologyKey];
    if (value === undefined) return false;
    if ((tally.domainOf(node)?.pods ?? 0) + correction(corrections, 'wanted', term, value) <= 0) found = false;
  }
  if (found) return true;
  // The first pod of a group that wants to be together may go anywhere.
  return meansItself && wanted.every(({ term, tally }) => tally.total + correction(corrections, 'wanted', term, TOTAL) <= 0);
}

/** The place of sums over all topology values among the corrections: no label has this value. */
const TOTAL = '\u0000';

const correctionKey = (question: string, term: Term, value: string): string => `${question} ${value} ${term.id}`;

function correction(corrections: Corrections, question: string, term: Term, value: string): number {
  return corrections.size === 0 ? 0 : (corrections.get(correctionKey(question, term, value)) ?? 0);
}

interface Shift {
  readonly pod: PodInfo;
  readonly other: PodInfo;
  readonly node: NodeInfo;
  readonly sign: 1 | -1;
}

function shifted(state: FilterState, { pod, other, node, sign }: Shift): FilterState {
  const corrections = new Map(state.corrections);
  const { namespaceLabels } = state;
  const add = (question: string, term: Term, value: string): void => {
    const key = correctionKey(question, term, value);
    corrections.set(key, (corrections.get(key) ?? 0) + sign);
  };
  const meansOther = (term: Term): boolean => termMeans(term, other.namespace, other.labels, namespaceLabels);
  if (state.wanted.every(({ term }) => meansOther(term))) {
    for (const { term } of state.wanted) {
      const value = node.labels[term.topologyKey];
      if (value === undefined) continue;
      add('wanted', term, value);
      add('wanted', term, TOTAL);
    }
  }
  for (const { term } of state.unwanted) {
    const value = node.labels[term.topologyKey];
    if (value !== undefined && meansOther(term)) add('unwanted', term, value);
  }
  const existing = [...state.existing];
  for (const term of other.affinity?.requiredAnti ?? []) {
    const value = node.labels[term.topologyKey];
    if (value === undefined || !termMeans(term, pod.namespace, pod.labels, namespaceLabels)) continue;
    // A nominated pod may bring a term that no placed pod has.
    if (!existing.some((one) => one.term.id === term.id)) existing.push({ term, byValue: new Map() });
    add('existing', term, value);
  }
  return { ...state, existing, corrections };
}

function scoreState(pod: PodInfo, cache: SchedulerCache, args: InterPodAffinityArgs): ScoreState | undefined {
  const { preferred = [], preferredAnti = [] }: Partial<AffinityTerms> = pod.affinity ?? {};
  if (args.ignorePreferredTermsOfExistingPods && preferred.length === 0 && preferredAnti.length === 0) return undefined;
  const own = [
    ...preferred.map(({ term, weight }) => ({ tally: tallyOf(cache, [term], term.topologyKey), weight })),
    ...preferredAnti.map(({ term, weight }) => ({ tally: tallyOf(cache, [term], term.topologyKey), weight: -weight })),
  ].filter(({ tally }) => tally.total > 0);
  const matching = (role: 'required' | 'preferred' | 'preferredAnti', weight: number): ScoreState['others'] =>
    weight === 0 ? [] : cache.standingTerms.matching(role, pod, cache.namespaceLabels).map(({ term, byValue }) => ({ key: term.topologyKey, byValue, weight }));
  const others = [...matching('required', args.hardPodAffinityWeight), ...matching('preferred', 1), ...matching('preferredAnti', -1)];
  return own.length + others.length === 0 ? undefined : { own, others };
}

function scoreNode(node: NodeInfo, { own, others }: ScoreState): number {
  let score = 0;
  for (const { tally, weight } of own) {
    const domain = tally.domainOf(node);
    if (domain) score += domain.pods * weight;
  }
  for (const { key, byValue, weight } of others) {
    const value = node.labels[key];
    if (value !== undefined) score += (byValue.get(value) ?? 0) * weight;
  }
  return score;
}

/** The least becomes 0, the most 100. */
function normalize(scores: Float64Array): void {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const score of scores) {
    if (score < least) least = score;
    if (score > most) most = score;
  }
  const range = most - least;
  for (let i = 0; i < scores.length; i++) scores[i] = range > 0 ? Math.trunc((MAX_NODE_SCORE * (scores[i]! - least)) / range) : 0;
}
