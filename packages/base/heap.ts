/**
 * A binary heap whose items can be found and removed by key: for queues ordered by something other than arrival.
 */

interface Slot<K, V> {
  readonly key: K;
  value: V;
  index: number;
}

/** Items by key, the least by `before` first. Not bounded by itself: it holds each key once. */
export class KeyedHeap<K, V> {
  readonly #before: (a: V, b: V) => boolean;
  readonly #slots: Slot<K, V>[] = [];
  readonly #byKey = new Map<K, Slot<K, V>>();

  /** `before(a, b)`: whether `a` comes out earlier than `b`. */
  constructor(before: (a: V, b: V) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#slots.length;
  }

  has(key: K): boolean {
    return this.#byKey.has(key);
  }

  get(key: K): V | undefined {
    return this.#byKey.get(key)?.value;
  }

  /** Adds the item, or replaces the one with its key. */
  set(key: K, value: V): void {
    let slot = this.#byKey.get(key);
    if (slot) {
      slot.value = value;
    } else {
      slot = { key, value, index: this.#slots.length };
      this.#byKey.set(key, slot);
      this.#slots.push(slot);
    }
    this.#settle(slot.index);
  }

  /** The first item, left in place. */
  peek(): V | undefined {
    return this.#slots[0]?.value;
  }

  /** Takes the first item out. */
  pop(): V | undefined {
    const first = this.#slots[0];
    if (first) this.delete(first.key);
    return first?.value;
  }

  /** Takes the item with this key out; answers it. */
  delete(key: K): V | undefined {
    const slot = this.#byKey.get(key);
    if (!slot) return undefined;
    this.#byKey.delete(key);
    const last = this.#slots.pop()!;
    if (last !== slot) {
      this.#place(last, slot.index);
      this.#settle(slot.index);
    }
    return slot.value;
  }

  /** All items, in no particular order. */
  *values(): IterableIterator<V> {
    for (const slot of this.#slots) yield slot.value;
  }

  #place(slot: Slot<K, V>, index: number): void {
    this.#slots[index] = slot;
    slot.index = index;
  }

  #settle(index: number): void {
    const slot = this.#slots[index]!;
    let at = index;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(slot.value, this.#slots[parent]!.value)) break;
      this.#place(this.#slots[parent]!, at);
      at = parent;
    }
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#slots.length) break;
      if (child + 1 < this.#slots.length && this.#before(this.#slots[child + 1]!.value, this.#slots[child]!.value)) child++;
      if (!this.#before(this.#slots[child]!.value, slot.value)) break;
      this.#place(this.#slots[child]!, at);
      at = child;
    }
    this.#place(slot, at);
  }
}
