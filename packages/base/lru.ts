/**
 * A map that forgets an entry not used lately when it would grow beyond its limit: the one that came first, unless it was used since it came or was last spared
 * ("second chance"). So finding an entry moves nothing, which matters where keys are long texts.
 */
export class Lru<K, V> {
  readonly #limit: number;
  readonly #entries = new Map<K, Slot<V>>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The value under `key`, which now counts as used. */
  get(key: K): V | undefined {
    const slot = this.#entries.get(key);
    if (slot === undefined) return undefined;
    slot.used = true;
    return slot.value;
  }

  /** Puts `value` under `key`; drops an entry not used lately when there are too many. */
  set(key: K, value: V): void {
    const slot = this.#entries.get(key);
    if (slot !== undefined) {
      slot.value = value;
      slot.used = true;
      return;
    }
    if (this.#entries.size >= this.#limit) this.#dropOne();
    this.#entries.set(key, { value, used: false });
  }

  delete(key: K): boolean {
    return this.#entries.delete(key);
  }

  /** All entries. */
  *entries(): Generator<[K, V]> {
    for (const [key, { value }] of this.#entries) yield [key, value];
  }

  /** Each look spares an entry at most once, so it ends. */
  #dropOne(): void {
    for (const [key, slot] of this.#entries) {
      this.#entries.delete(key);
      if (!slot.used) return;
      slot.used = false;
      this.#entries.set(key, slot);
    }
  }
}

interface Slot<V> {
  value: V;
  /** Whether it was asked for since it came or was last spared. */
  used: boolean;
}
