/**
 * What preemption found on nodes for pods that are alike, remembered for as long as a node does not change: hundreds of nodes are tried for each pod that must push
 * others out, and each preemption changes one of them.
 */
import { Lru } from '#base/lru.ts';
import type { ActiveFilter } from './cycle.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';

/** Kinds of pods that are remembered at the same time. */
const MAX_KINDS = 16;

/** Outcomes for one kind of pod, by slot of the node. */
export class KnownOutcomes<T> {
  readonly #outcomes: ({ readonly generation: number; readonly podChanges: number; readonly outcome: T } | undefined)[] = [];

  /** The remembered outcome, or what `work` finds. */
  of(node: NodeInfo, work: () => T): T {
    const { slot, generation, podChanges } = node;
    const known = this.#outcomes[slot];
    if (known?.generation === generation && known.podChanges === podChanges) return known.outcome;
    const outcome = work();
    this.#outcomes[slot] = { generation, podChanges, outcome };
    return outcome;
  }
}

/** The memory of one profile's preemption. */
export class CandidateMemory<T> {
  readonly #kinds = new Lru<string, KnownOutcomes<T>>(MAX_KINDS);

  /** The outcomes for pods like this one; undefined when they depend on more than the node, because one of the filters does. */
  of({ signature, priority }: PodInfo, filters: readonly ActiveFilter[]): KnownOutcomes<T> | undefined {
    if (!filters.every(({ plugin }) => plugin.nodeLocal)) return undefined;
    const key = `${priority} ${filters.length} ${signature}`;
    let kind = this.#kinds.get(key);
    if (!kind) this.#kinds.set(key, (kind = new KnownOutcomes()));
    return kind;
  }
}
