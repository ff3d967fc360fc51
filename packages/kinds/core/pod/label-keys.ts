/**
 * Keys whose value is the pod's own, as requirements: `matchLabelKeys` and `mismatchLabelKeys` of pod affinity, `matchLabelKeys` of spreading.
 *
 * A scheduler finds the requirements in the selectors and need not know the keys. A pod keeps what it was created with, whatever becomes of
 * its labels.
 *
 * Source: kubernetes `pkg/registry/core/pod/strategy.go` mutatePodAffinity, mutateTopologySpreadConstraints.
 */
import type { LabelSelector } from '#machinery/meta.ts';
import type { Draft } from '#machinery/schema.ts';
import type { Gate } from '../../feature-gates.ts';
import type { Affinity, PodAffinityTerm, TopologySpreadConstraint } from './affinity.ts';
import type { PodSpec } from './schema.ts';

type Labels = Readonly<Record<string, string | undefined>>;

/** With it, spreading has its keys in the selector as affinity does. */
const SPREAD_GATE = 'MatchLabelKeysInPodTopologySpreadSelectorMerge';

/** Adds the pod's own values of the keys to the selectors beside them. Keys that the pod does not have, and selectors that match nothing, are left alone. */
export function mergeLabelKeys(spec: Draft<PodSpec>, labels: Labels, gate: Gate): void {
  if (spec.affinity) spec.affinity = inAffinity(spec.affinity, labels);
  const spread = spec.topologySpreadConstraints;
  if (spread?.some(({ matchLabelKeys }) => matchLabelKeys?.length) && gate(SPREAD_GATE))
    spec.topologySpreadConstraints = spread.map((one) => inConstraint(one, labels));
}

function inAffinity(affinity: Draft<Affinity>, labels: Labels): Draft<Affinity> {
  const { podAffinity, podAntiAffinity } = affinity;
  if (!podAffinity && !podAntiAffinity) return affinity;
  const result = { ...affinity };
  if (podAffinity) result.podAffinity = inTerms(podAffinity, labels);
  if (podAntiAffinity) result.podAntiAffinity = inTerms(podAntiAffinity, labels);
  return result;
}

function inTerms<T extends NonNullable<Draft<Affinity>['podAffinity']>>(terms: T, labels: Labels): T {
  const result = { ...terms };
  const required = terms.requiredDuringSchedulingIgnoredDuringExecution;
  const preferred = terms.preferredDuringSchedulingIgnoredDuringExecution;
  if (required) result.requiredDuringSchedulingIgnoredDuringExecution = required.map((term) => inTerm(term, labels));
  if (preferred) {
    result.preferredDuringSchedulingIgnoredDuringExecution = preferred.map((weighted) =>
      weighted.podAffinityTerm ? { ...weighted, podAffinityTerm: inTerm(weighted.podAffinityTerm, labels) } : weighted,
    );
  }
  return result;
}

function inTerm(term: Draft<PodAffinityTerm>, labels: Labels): Draft<PodAffinityTerm> {
  if (!term.labelSelector) return term;
  const matched = withRequirements(term.labelSelector, term.matchLabelKeys, 'In', labels);
  const labelSelector = withRequirements(matched, term.mismatchLabelKeys, 'NotIn', labels);
  return labelSelector === term.labelSelector ? term : { ...term, labelSelector };
}

function inConstraint(constraint: Draft<TopologySpreadConstraint>, labels: Labels): Draft<TopologySpreadConstraint> {
  if (!constraint.labelSelector || !constraint.matchLabelKeys?.length) return constraint;
  return { ...constraint, labelSelector: withRequirements(constraint.labelSelector, constraint.matchLabelKeys, 'In', labels) };
}

function withRequirements(
  selector: Draft<LabelSelector>,
  keys: readonly string[] | undefined,
  operator: 'In' | 'NotIn',
  labels: Labels,
): Draft<LabelSelector> {
  if (!keys?.length) return selector;
  const added = keys.flatMap((key) => (labels[key] === undefined ? [] : [{ key, operator, values: [labels[key]] }]));
  return added.length ? { ...selector, matchExpressions: [...(selector.matchExpressions ?? []), ...added] } : selector;
}
