/**
 * What node-local plugins said about nodes for pods that are alike, remembered for as long as a node does not change.
 *
 * Pods of one workload differ in nothing that these plugins look at, and a placement changes one node: so nearly all verdicts and scores of a cycle were
 * worked out in an earlier one. The memory is exact: a node's generation is part of every entry.
 */
import { Lru } from '#base/lru.ts';
import type { NodeInfo } from './node-info.ts';
import type { Refusal } from './cycle.ts';

/** Kinds of pods that are remembered at the same time. */
const MAX_KINDS = 64;
/** Signatures that have been seen once; only the second pod of a kind makes it worth remembering. */
const MAX_SEEN = 1_024;

/** The verdicts and raw scores for one kind of pod, by slot of the node. */
export class KindVerdicts {
  #filteredAt = new Float64Array(0);
  #refusals: (Refusal | undefined)[] = [];
  #scoredAt: Float64Array[];
  #points: Float64Array[];
  #size = 0;

  /** `scorers`: how many scoring plugins the profile has. */
  constructor(scorers: number) {
    this.#scoredAt = Array.from({ length: scorers }, () => new Float64Array(0));
    this.#points = Array.from({ length: scorers }, () => new Float64Array(0));
  }

  /** Makes room for all slots. */
  grow(slots: number): void {
    if (this.#filteredAt.length >= slots) return;
    const size = Math.ceil(slots * 1.25);
    this.#filteredAt = grown(this.#filteredAt, size);
    this.#scoredAt = this.#scoredAt.map((one) => (one.length === 0 ? one : grown(one, size)));
    this.#points = this.#points.map((one) => (one.length === 0 ? one : grown(one, size)));
    this.#size = size;
  }

  /** The remembered refusal (undefined: it fits), or what `work` finds. */
  filter(node: NodeInfo, work: (node: NodeInfo) => Refusal | undefined): Refusal | undefined {
    const { slot, generation } = node;
    if (this.#filteredAt[slot] === generation) return this.#refusals[slot];
    const refusal = work(node);
    this.#filteredAt[slot] = generation;
    this.#refusals[slot] = refusal;
    return refusal;
  }

  /** Fills `points` with the raw scores of one scorer for the nodes. */
  score(scorer: number, nodes: readonly NodeInfo[], points: Float64Array, work: (node: NodeInfo) => number): void {
    if (this.#points[scorer]!.length < this.#size) {
      this.#scoredAt[scorer] = grown(this.#scoredAt[scorer]!, this.#size);
      this.#points[scorer] = grown(this.#points[scorer]!, this.#size);
    }
    const scoredAt = this.#scoredAt[scorer]!;
    const known = this.#points[scorer]!;
    for (let i = 0; i < nodes.length; i++) {
      const node = nodes[i]!;
      const { slot, generation } = node;
      if (scoredAt[slot] !== generation) {
        scoredAt[slot] = generation;
        known[slot] = work(node);
      }
      points[i] = known[slot]!;
    }
  }
}

function grown(from: Float64Array, size: number): Float64Array<ArrayBuffer> {
  const to = new Float64Array(size);
  to.set(from);
  return to;
}

/** The memory of one profile. */
export class Verdicts {
  readonly #kinds = new Lru<string, KindVerdicts>(MAX_KINDS);
  readonly #seen = new Lru<string, true>(MAX_SEEN);

  /** The memory for pods of this signature; undefined for the first of its kind. */
  of(signature: string, scorers: number, slots: number): KindVerdicts | undefined {
    let kind = this.#kinds.get(signature);
    if (!kind) {
      if (!this.#seen.get(signature)) {
        this.#seen.set(signature, true);
        return undefined;
      }
      this.#kinds.set(signature, (kind = new KindVerdicts(scorers)));
    }
    kind.grow(slots);
    return kind;
  }
}
