/**
 * The tallies in use: made when a cycle first asks, kept while they are asked for, updated with every change of the cache.
 */
import { Lru } from '#base/lru.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';
import { Tally, type TallySpec } from './tally.ts';

/** Each tally costs a look at every pod that comes or goes; the one unused for longest makes room. */
const MAX_TALLIES = 512;

/** All tallies of a cache. */
export class Tallies {
  readonly #tallies = new Lru<string, Tally>(MAX_TALLIES);
  readonly #nodes: () => Iterable<NodeInfo>;

  /** `nodes`: all nodes with their pods, for counting from scratch. */
  constructor(nodes: () => Iterable<NodeInfo>) {
    this.#nodes = nodes;
  }

  /** The current counts of a question. */
  of(spec: TallySpec): Tally {
    const known = this.#tallies.get(spec.id);
    if (known) return known;
    const tally = new Tally(spec);
    for (const node of this.#nodes()) tally.addNode(node);
    this.#tallies.set(spec.id, tally);
    return tally;
  }

  addPod(pod: PodInfo, node: NodeInfo, sign: 1 | -1): void {
    for (const [, tally] of this.#tallies.entries()) tally.addPod(pod, node, sign);
  }

  addNode(node: NodeInfo): void {
    for (const [, tally] of this.#tallies.entries()) tally.addNode(node);
  }

  removeNode(node: NodeInfo): void {
    for (const [, tally] of this.#tallies.entries()) tally.removeNode(node);
  }

  /** Labels of a namespace changed: what depends on them is counted anew when it is asked for. */
  forgetNamespaces(): void {
    for (const [id, { spec }] of this.#tallies.entries()) if (spec.onNamespaces) this.#tallies.delete(id);
  }
}
