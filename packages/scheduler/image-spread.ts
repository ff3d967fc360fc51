/**
 * How many nodes have each image.
 */
import type { NodeInfo } from './node-info.ts';

/** Bounded by the images that nodes report (each node reports at most 50). */
export class ImageSpread {
  readonly #nodesWith = new Map<string, number>();
  #nodes = 0;

  /** The share of nodes (0..1) that have the image. */
  share(name: string): number {
    return (this.#nodesWith.get(name) ?? 0) / (this.#nodes || 1);
  }

  add(node: NodeInfo): void {
    this.#nodes++;
    for (const name of node.images.keys()) this.#nodesWith.set(name, (this.#nodesWith.get(name) ?? 0) + 1);
  }

  remove(node: NodeInfo): void {
    this.#nodes--;
    for (const name of node.images.keys()) {
      const count = this.#nodesWith.get(name)! - 1;
      if (count === 0) this.#nodesWith.delete(name);
      else this.#nodesWith.set(name, count);
    }
  }
}
