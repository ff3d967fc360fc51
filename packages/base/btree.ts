/**
 * An ordered map that stays fast with hundreds of thousands of keys: a B+tree whose branches know how many entries lie below them,
 * and whose copies share nodes until one side changes them.
 *
 *     branch   keys: [ m ]            children[0] < m <= children[1]
 *              /         \
 *     leaf  [a..l]     [m..z]         keys and values side by side
 */

/** Negative when `a` comes first, positive when `b` does, 0 when they are the same key. */
export type Compare<K> = (a: K, b: K) => number;

/** Entries of a leaf, children of a branch: wide enough to be shallow, narrow enough that inserting by copying is cheap. */
const MAX_WIDTH = 64;

interface Leaf<K, V> {
  /** The tree that may change this node in place; every other tree must copy it first. */
  owner: object;
  readonly keys: K[];
  readonly values: V[];
  readonly children: undefined;
}

interface Branch<K, V> {
  owner: object;
  /** `keys[i]` is a lower bound of everything in `children[i + 1]`, and above everything in `children[i]`. */
  readonly keys: K[];
  readonly children: Node<K, V>[];
  /** Entries below this node. */
  size: number;
}

type Node<K, V> = Leaf<K, V> | Branch<K, V>;

function sizeOf<K, V>(node: Node<K, V>): number {
  return node.children ? node.size : node.keys.length;
}

/** An ordered map. Do not change it while iterating over it; iterate over a `clone()` instead. */
export class BTree<K, V> {
  readonly #compare: Compare<K>;
  #owner: object = {};
  #root: Node<K, V>;
  /** What the last `set` or `delete` found under its key. */
  #replaced: V | undefined;

  constructor(compare: Compare<K>) {
    this.#compare = compare;
    this.#root = { owner: this.#owner, keys: [], values: [], children: undefined };
  }

  /** How many entries the map holds. */
  get size(): number {
    return sizeOf(this.#root);
  }

  /** The value under `key`. */
  get(key: K): V | undefined {
    let node = this.#root;
    while (node.children) node = node.children[this.#upperBound(node.keys, key)]!;
    const at = this.#lowerBound(node.keys, key);
    return at < node.keys.length && this.#compare(node.keys[at]!, key) === 0 ? node.values[at] : undefined;
  }

  /** Puts `value` under `key`; returns what was there. */
  set(key: K, value: V): V | undefined {
    this.#replaced = undefined;
    const root = this.#own(this.#root);
    const sibling = this.#insert(root, key, value);
    this.#root = sibling
      ? { owner: this.#owner, keys: [sibling.key], children: [root, sibling.node], size: sizeOf(root) + sizeOf(sibling.node) }
      : root;
    return this.#takeReplaced();
  }

  /** Removes `key`; returns what was there. */
  delete(key: K): V | undefined {
    if (this.get(key) === undefined) return undefined;
    this.#replaced = undefined;
    let root = this.#own(this.#root);
    this.#remove(root, key);
    while (root.children && root.children.length === 1) root = root.children[0]!;
    this.#root = root;
    return this.#takeReplaced();
  }

  /** How many keys lie before `key`, in logarithmic time. */
  rank(key: K): number {
    let node = this.#root;
    let before = 0;
    while (node.children) {
      const at = this.#upperBound(node.keys, key);
      for (let i = 0; i < at; i++) before += sizeOf(node.children[i]!);
      node = node.children[at]!;
    }
    return before + this.#lowerBound(node.keys, key);
  }

  /** Calls `visit` for each entry in order, from `from` (inclusive) on when given, until it returns false. */
  scan(from: K | undefined, visit: (key: K, value: V) => boolean): void {
    this.#scan(this.#root, from, visit);
  }

  /** The entries in order, from `from` (inclusive) on when given. */
  *entries(from?: K): IterableIterator<[K, V]> {
    const path: { node: Branch<K, V>; next: number }[] = [];
    let node: Node<K, V> | undefined = this.#root;
    let bound = from;
    while (node) {
      while (node.children) {
        const at: number = bound === undefined ? 0 : this.#upperBound(node.keys, bound);
        path.push({ node, next: at + 1 });
        node = node.children[at]!;
      }
      for (let i = bound === undefined ? 0 : this.#lowerBound(node.keys, bound); i < node.keys.length; i++) yield [node.keys[i]!, node.values[i]!];
      bound = undefined;
      while (path.length > 0 && path.at(-1)!.next >= path.at(-1)!.node.children.length) path.pop();
      const step = path.at(-1);
      node = step ? step.node.children[step.next++] : undefined;
    }
  }

  /** An independent copy in constant time; nodes are copied when one of the two changes them. */
  clone(): BTree<K, V> {
    const copy = new BTree<K, V>(this.#compare);
    copy.#root = this.#root;
    this.#owner = {};
    return copy;
  }

  #takeReplaced(): V | undefined {
    const value = this.#replaced;
    this.#replaced = undefined;
    return value;
  }

  /** The first index whose key is not before `key`. */
  #lowerBound(keys: readonly K[], key: K): number {
    let low = 0;
    let high = keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare(keys[middle]!, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The first index whose key is after `key`. */
  #upperBound(keys: readonly K[], key: K): number {
    let low = 0;
    let high = keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare(keys[middle]!, key) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #own(node: Node<K, V>): Node<K, V> {
    if (node.owner === this.#owner) return node;
    return node.children
      ? { owner: this.#owner, keys: node.keys.slice(), children: node.children.slice(), size: node.size }
      : { owner: this.#owner, keys: node.keys.slice(), values: node.values.slice(), children: undefined };
  }

  /** Inserts below `node` (owned); returns the right half if it had to be split. */
  #insert(node: Node<K, V>, key: K, value: V): { key: K; node: Node<K, V> } | undefined {
    if (!node.children) {
      const at = this.#lowerBound(node.keys, key);
      if (at < node.keys.length && this.#compare(node.keys[at]!, key) === 0) {
        this.#replaced = node.values[at];
        node.values[at] = value;
        return undefined;
      }
      node.keys.splice(at, 0, key);
      node.values.splice(at, 0, value);
      return node.keys.length > MAX_WIDTH ? this.#splitLeaf(node, at) : undefined;
    }
    const at = this.#upperBound(node.keys, key);
    const child = this.#own(node.children[at]!);
    const before = sizeOf(child);
    node.children[at] = child;
    const sibling = this.#insert(child, key, value);
    node.size += sizeOf(child) + (sibling ? sizeOf(sibling.node) : 0) - before;
    if (!sibling) return undefined;
    node.keys.splice(at, 0, sibling.key);
    node.children.splice(at + 1, 0, sibling.node);
    return node.children.length > MAX_WIDTH ? this.#splitBranch(node) : undefined;
  }

  /** Splits in the middle, or at the end when keys arrive in order, so that such leaves end up full. */
  #splitLeaf(leaf: Leaf<K, V>, insertedAt: number): { key: K; node: Node<K, V> } {
    const cut = insertedAt === leaf.keys.length - 1 ? insertedAt : leaf.keys.length >>> 1;
    const keys = leaf.keys.splice(cut);
    return { key: keys[0]!, node: { owner: this.#owner, keys, values: leaf.values.splice(cut), children: undefined } };
  }

  #splitBranch(branch: Branch<K, V>): { key: K; node: Node<K, V> } {
    const cut = branch.children.length >>> 1;
    const children = branch.children.splice(cut);
    const keys = branch.keys.splice(cut);
    const key = branch.keys.pop()!;
    const size = children.reduce((sum, child) => sum + sizeOf(child), 0);
    branch.size -= size;
    return { key, node: { owner: this.#owner, keys, children, size } };
  }

  /** Removes `key`, which is below `node` (owned). Only empty nodes are removed: maps here grow again soon. */
  #remove(node: Node<K, V>, key: K): void {
    if (!node.children) {
      const at = this.#lowerBound(node.keys, key);
      this.#replaced = node.values[at];
      node.keys.splice(at, 1);
      node.values.splice(at, 1);
      return;
    }
    const at = this.#upperBound(node.keys, key);
    const child = this.#own(node.children[at]!);
    node.children[at] = child;
    this.#remove(child, key);
    node.size--;
    if (sizeOf(child) === 0 && node.children.length > 1) {
      node.children.splice(at, 1);
      node.keys.splice(Math.max(at - 1, 0), 1);
    }
  }

  #scan(node: Node<K, V>, from: K | undefined, visit: (key: K, value: V) => boolean): boolean {
    if (!node.children) {
      for (let i = from === undefined ? 0 : this.#lowerBound(node.keys, from); i < node.keys.length; i++) {
        if (!visit(node.keys[i]!, node.values[i]!)) return false;
      }
      return true;
    }
    const first = from === undefined ? 0 : this.#upperBound(node.keys, from);
    for (let i = first; i < node.children.length; i++) {
      if (!this.#scan(node.children[i]!, i === first ? from : undefined, visit)) return false;
    }
    return true;
  }
}
