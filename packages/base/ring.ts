/**
 * A first-in, first-out sequence in one array that is reused, for histories and queues that never stop moving.
 */

/** The smallest array a ring holds; always a power of two so that positions wrap with a mask. */
const MIN_CAPACITY = 16;

/** A sequence that grows at the end and shrinks at the start, both in constant time, with access by position. */
export class Ring<T> {
  #items: (T | undefined)[] = new Array<T | undefined>(MIN_CAPACITY).fill(undefined);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The item at `index`, 0 being the oldest. */
  at(index: number): T | undefined {
    return index >= 0 && index < this.#length ? this.#items[(this.#head + index) & (this.#items.length - 1)] : undefined;
  }

  /** Appends `item`. */
  push(item: T): void {
    if (this.#length === this.#items.length) this.#grow();
    this.#items[(this.#head + this.#length) & (this.#items.length - 1)] = item;
    this.#length++;
  }

  /** Removes and returns the oldest item. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#items.length - 1);
    this.#length--;
    return item;
  }

  /** The index of the first item for which `after` holds, in a ring where it holds for every later one too; the length if for none. */
  search(after: (item: T) => boolean): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (after(this.at(middle)!)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #grow(): void {
    const items = new Array<T | undefined>(this.#items.length * 2).fill(undefined);
    for (let i = 0; i < this.#length; i++) items[i] = this.at(i);
    this.#items = items;
    this.#head = 0;
  }
}
