/**
 * The affinity terms of the pods that are placed, grouped: what each distinct term is worth per value of its topology key. They bind newcomers too
 * (symmetry of anti-affinity) or attract and repel them.
 */
import { type AffinityTerms, type NamespaceLabels, type Term, termMeans } from './affinity-terms.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';

/** Which role the terms of a group have. */
export type TermRole = 'required' | 'requiredAnti' | 'preferred' | 'preferredAnti';

/** Equal terms of one role: by topology value the number of pods that have it, or for preferences the sum of their weights. */
export interface StandingTerm {
  readonly term: Term;
  readonly byValue: Map<string, number>;
}

type Groups = Map<string, StandingTerm>;

/** Bounded by the number of distinct terms of placed pods. */
export class StandingTerms {
  /** Groups by namespace they may concern; those that select namespaces by labels under `''`. */
  readonly #byRole: Readonly<Record<TermRole, Map<string, Groups>>> = { required: new Map(), requiredAnti: new Map(), preferred: new Map(), preferredAnti: new Map() };

  /** Counts the terms of a pod on `node` in or out. */
  addPod({ affinity }: PodInfo, { labels }: NodeInfo, sign: 1 | -1): void {
    if (affinity) this.#add(affinity, labels, sign);
  }

  /** The groups of a role that mean a pod. */
  matching(role: TermRole, pod: PodInfo, namespaceLabels: NamespaceLabels): StandingTerm[] {
    const found: StandingTerm[] = [];
    const byNamespace = this.#byRole[role];
    for (const where of [pod.namespace, '']) {
      for (const group of byNamespace.get(where)?.values() ?? []) if (termMeans(group.term, pod.namespace, pod.labels, namespaceLabels)) found.push(group);
    }
    return found;
  }

  #add(terms: AffinityTerms, labels: Readonly<Record<string, string>>, sign: 1 | -1): void {
    for (const term of terms.required) this.#count('required', term, labels[term.topologyKey], sign);
    for (const term of terms.requiredAnti) this.#count('requiredAnti', term, labels[term.topologyKey], sign);
    for (const { term, weight } of terms.preferred) this.#count('preferred', term, labels[term.topologyKey], sign * weight);
    for (const { term, weight } of terms.preferredAnti) this.#count('preferredAnti', term, labels[term.topologyKey], sign * weight);
  }

  #count(role: TermRole, term: Term, value: string | undefined, amount: number): void {
    if (value === undefined) return;
    const group = this.#groupOf(role, term);
    const sum = (group.byValue.get(value) ?? 0) + amount;
    if (sum !== 0) {
      group.byValue.set(value, sum);
      return;
    }
    group.byValue.delete(value);
    if (group.byValue.size === 0) this.#forget(role, term);
  }

  #groupOf(role: TermRole, term: Term): StandingTerm {
    const byNamespace = this.#byRole[role];
    let group: StandingTerm | undefined;
    for (const where of placesOf(term)) {
      let groups = byNamespace.get(where);
      if (!groups) byNamespace.set(where, (groups = new Map()));
      const known = groups.get(term.id);
      if (known) return known;
      groups.set(term.id, (group ??= { term, byValue: new Map() }));
    }
    return group!;
  }

  #forget(role: TermRole, term: Term): void {
    const byNamespace = this.#byRole[role];
    for (const where of placesOf(term)) {
      const groups = byNamespace.get(where);
      groups?.delete(term.id);
      if (groups?.size === 0) byNamespace.delete(where);
    }
  }
}

/** Where a term is filed: under its namespaces, or once for all when labels of namespaces decide. */
function placesOf({ namespaces, namespaceSelector }: Term): Iterable<string> {
  return namespaceSelector ? [''] : namespaces;
}
