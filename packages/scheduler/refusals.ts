import type { Refusal } from './cycle.ts';
import type { NodeInfo } from './node-info.ts';

/**
 * The first refusal of each node that was looked at. A pod that fits nowhere leaves one per node of the cluster, and nearly all are only counted: so they are kept in a
 * row, and found by node only once somebody asks for that.
 */
export class Refusals implements Iterable<readonly [NodeInfo, Refusal]> {
  readonly #nodes: NodeInfo[] = [];
  readonly #refusals: Refusal[] = [];
  #byNode: Map<NodeInfo, Refusal> | undefined;

  /** Adds the refusal of a node that has none yet. */
  add(node: NodeInfo, refusal: Refusal): void {
    this.#nodes.push(node);
    this.#refusals.push(refusal);
    this.#byNode = undefined;
  }

  get size(): number {
    return this.#nodes.length;
  }

  get(node: NodeInfo): Refusal | undefined {
    this.#byNode ??= new Map(this);
    return this.#byNode.get(node);
  }

  has(node: NodeInfo): boolean {
    return this.get(node) !== undefined;
  }

  /** In the order in which nodes were looked at. */
  values(): readonly Refusal[] {
    return this.#refusals;
  }

  *[Symbol.iterator](): IterableIterator<readonly [NodeInfo, Refusal]> {
    for (let i = 0; i < this.#nodes.length; i++) yield [this.#nodes[i]!, this.#refusals[i]!];
  }
}
