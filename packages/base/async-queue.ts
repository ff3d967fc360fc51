/**
 * A bounded queue between code that produces without waiting and one consumer that waits for more.
 */

/** One producer side (`push`, `close`, `fail`), one consumer (`take`). Whoever pushes into a full queue is told so and decides what to do. */
export class AsyncQueue<T> {
  readonly #limit: number;
  #items: T[] = [];
  #state: 'open' | 'closed' | { readonly error: unknown } = 'open';
  #waiting: { readonly resolve: (items: T[] | undefined) => void; readonly reject: (error: unknown) => void } | undefined;

  /** `limit`: how many items may wait. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many items wait. */
  get length(): number {
    return this.#items.length;
  }

  /** Adds an item; false when the queue is full or has ended, and the item was not taken. */
  push(item: T): boolean {
    if (this.#state !== 'open' || this.#items.length >= this.#limit) return false;
    const waiting = this.#waiting;
    if (waiting) {
      this.#waiting = undefined;
      waiting.resolve([item]);
    } else this.#items.push(item);
    return true;
  }

  /** Ends the queue: what waits is still delivered, then `take` returns `undefined`. */
  close(): void {
    if (this.#state === 'open') this.#state = 'closed';
    this.#settle();
  }

  /** Ends the queue with an error: what waits is dropped and `take` throws it. */
  fail(error: unknown): void {
    if (this.#state !== 'open') return;
    this.#state = { error };
    this.#items = [];
    this.#settle();
  }

  /** Everything that waits, in order, as soon as there is something; `undefined` after the end. One caller at a time. */
  take(): Promise<T[] | undefined> | T[] | undefined {
    if (this.#items.length > 0) return this.#drain();
    if (this.#state === 'closed') return undefined;
    if (this.#state !== 'open') return Promise.reject(this.#state.error as Error);
    return new Promise<T[] | undefined>((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  #drain(): T[] {
    const items = this.#items;
    this.#items = [];
    return items;
  }

  #settle(): void {
    const waiting = this.#waiting;
    if (!waiting) return;
    this.#waiting = undefined;
    if (typeof this.#state === 'object') waiting.reject(this.#state.error);
    else waiting.resolve(undefined);
  }
}
