/**
 * A pod's terms about other pods, compiled: which pods a term means, and in which topology.
 *
 * Source: the documented fields of pod affinity and anti-affinity.
 */
import type { PodAffinityTerm } from '#kinds/core/pod/affinity.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { compileLabelSelector, type LabelMatcher } from '#machinery/selectors.ts';

type Labels = Readonly<Record<string, string>>;

/** Labels of namespaces, for terms that select namespaces. */
export type NamespaceLabels = (namespace: string) => Labels | undefined;

/** A compiled term. */
export interface Term {
  /** Equal for terms that mean the same pods in the same topology. */
  readonly id: string;
  readonly topologyKey: string;
  readonly namespaces: ReadonlySet<string>;
  /** Selects further namespaces by their labels. */
  readonly namespaceSelector: LabelMatcher | undefined;
  readonly selector: LabelMatcher;
}

/** A term with the points it is worth (1..100). */
export interface WeightedTerm {
  readonly term: Term;
  readonly weight: number;
}

/** All terms of a pod. */
export interface AffinityTerms {
  readonly required: readonly Term[];
  readonly requiredAnti: readonly Term[];
  readonly preferred: readonly WeightedTerm[];
  readonly preferredAnti: readonly WeightedTerm[];
}

/** The terms of a pod; undefined when it has none. */
export function affinityTermsOf(pod: Pod): AffinityTerms | undefined {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  if (!podAffinity && !podAntiAffinity) return undefined;
  const compiled = (one: PodAffinityTerm): Term => compileTerm(one, pod);
  const terms = {
    required: (podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map(compiled),
    requiredAnti: (podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map(compiled),
    preferred: (podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ weight, podAffinityTerm }) => ({ weight, term: compiled(podAffinityTerm) })),
    preferredAnti: (podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ weight, podAffinityTerm }) => ({ weight, term: compiled(podAffinityTerm) })),
  };
  return terms.required.length + terms.requiredAnti.length + terms.preferred.length + terms.preferredAnti.length === 0 ? undefined : terms;
}

/** Whether the term means a pod with these labels in this namespace. */
export function termMeans(term: Term, namespace: string, labels: Labels, namespaceLabels: NamespaceLabels): boolean {
  if (!term.namespaces.has(namespace) && !term.namespaceSelector?.matches(namespaceLabels(namespace) ?? {})) return false;
  return term.selector.matches(labels);
}

/**
 * Without namespaces and namespace selector, a term is about the pod's own namespace. The selector has the values of `matchLabelKeys` and
 * `mismatchLabelKeys` since the pod was created; labels that changed later do not count.
 */
function compileTerm(one: PodAffinityTerm, pod: Pod): Term {
  const { topologyKey, namespaceSelector } = one;
  const names = one.namespaces?.length || namespaceSelector ? [...(one.namespaces ?? [])].toSorted() : [pod.metadata.namespace ?? ''];
  const compiled = compileLabelSelector(one.labelSelector);
  const forNamespaces = namespaceSelector ? compileLabelSelector(namespaceSelector) : undefined;
  return {
    id: JSON.stringify([topologyKey, names, forNamespaces?.toString(), one.labelSelector ? compiled.toString() : null]),
    topologyKey,
    namespaces: new Set(names),
    namespaceSelector: forNamespaces,
    selector: compiled,
  };
}
