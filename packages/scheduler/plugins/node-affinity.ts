/**
 * NodeAffinity: nodeSelector and required node affinity decide, preferred terms score.
 */
import { admitsNode, matchesNodeSelector, matchesTerm } from '#kinds/core/node/matching.ts';
import type { NodeAffinity, PreferredSchedulingTerm } from '#kinds/core/pod/affinity.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { Plugin, Rejection } from '../framework.ts';
import { normalizeToMax } from './normalize.ts';

const MISMATCH: Rejection = { reasons: ["node(s) didn't match Pod's node affinity/selector"], resolvable: false };
const ENFORCED: Rejection = { reasons: ["node(s) didn't match scheduler-enforced node affinity"], resolvable: false };

/** The names that every required term pins by `metadata.name In […]`, when all terms do: only those nodes need a look. */
function pinnedNodes(pod: Pod): ReadonlySet<string> | undefined {
  const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (!terms || terms.length === 0) return undefined;
  const names = new Set<string>();
  for (const term of terms) {
    const pins = (term.matchFields ?? []).filter((field) => field.key === 'metadata.name' && field.operator === 'In');
    if (pins.length === 0) return undefined;
    const [first, ...rest] = pins.map((pin) => new Set(pin.values));
    for (const name of first!) if (rest.every((set) => set.has(name))) names.add(name);
  }
  return names;
}

/** Arguments of the plugin. */
export interface NodeAffinityArgs {
  /** Applies to every pod of the profile besides the pod's own affinity. */
  readonly addedAffinity?: NodeAffinity;
}

/** Node affinity. */
export function nodeAffinity({ addedAffinity }: NodeAffinityArgs = {}): Plugin<readonly PreferredSchedulingTerm[]> {
  const addedRequired = addedAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const addedPreferred = addedAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return {
    name: 'NodeAffinity',
    nodeLocal: true,
    events: [{ on: ['NodeAdd', 'NodeLabels'], helps: (pod, { next }) => next?.kind !== 'Node' || admitsNode(pod, next as never) }, { on: ['PodUpdate'] }],
    preFilter({ pod }) {
      if (!addedRequired && !pod.spec.nodeSelector && !pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution) return { type: 'skip' };
      const nodes = pinnedNodes(pod);
      return nodes ? { type: 'state', state: [], nodes } : { type: 'state', state: [] };
    },
    filter({ pod }, { node }) {
      if (addedRequired && !matchesNodeSelector(addedRequired, node)) return ENFORCED;
      return admitsNode(pod, node) ? undefined : MISMATCH;
    },
    preScore({ pod }) {
      const own = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
      const terms = addedPreferred.length > 0 ? [...addedPreferred, ...own] : own;
      return terms.length > 0 ? terms : undefined;
    },
    score(_pod, { node }, terms) {
      let sum = 0;
      for (const { weight, preference } of terms) if (matchesTerm(preference, node)) sum += weight;
      return sum;
    },
    normalize: (scores) => normalizeToMax(scores, false),
  };
}
