/**
 * A clock that stands still until a test moves it: timers fire in order, and the work they cause settles before the next one fires.
 */
import type { Clock, Timer } from '../clock.ts';

interface Pending {
  readonly dueMs: number;
  readonly order: number;
  readonly fire: () => void;
  cancelled: boolean;
}

/** Midnight of 1 January 2026, UTC: where simulated time begins unless told otherwise. */
const DEFAULT_START_MS = Date.UTC(2026, 0, 1);

/** Turns of the event loop without a new timer after which the process counts as settled; promises alone need one. */
const QUIET_TURNS = 4;

/** Event loop turns in one `settle` at most: beyond them something spins. */
const MAX_TURNS = 20_000;

/** Simulated time. */
export class SimClock implements Clock {
  readonly #startMs: number;
  #elapsedMs = 0;
  #count = 0;
  /** A binary heap by due time, then by order of creation. */
  readonly #heap: Pending[] = [];

  /** `startMs`: the simulated time of day at the start, in milliseconds since the epoch. */
  constructor(startMs = DEFAULT_START_MS) {
    this.#startMs = startMs;
  }

  now(): number {
    return this.#startMs + this.#elapsedMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  after(ms: number, fire: () => void): Timer {
    const pending: Pending = { dueMs: this.#elapsedMs + Math.max(ms, 0), order: this.#count++, fire, cancelled: false };
    this.#push(pending);
    const cancel = (): void => {
      pending.cancelled = true;
    };
    return { cancel, [Symbol.dispose]: cancel };
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const onAbort = (): void => {
        timer.cancel();
        reject(signal?.reason as Error);
      };
      const timer = this.after(ms, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Milliseconds until the next timer fires; `undefined` when none waits. */
  get nextInMs(): number | undefined {
    const next = this.#peek();
    return next && next.dueMs - this.#elapsedMs;
  }

  /** Lets everything that can happen without time passing happen, timers that are due included. */
  async settle(): Promise<void> {
    let seen = this.#count;
    for (let turn = 0, quiet = 0; quiet < QUIET_TURNS; turn++) {
      if (turn > MAX_TURNS) throw new Error('simulated clock: the process does not settle');
      await new Promise<void>((resolve) => setImmediate(resolve));
      this.#fireDue(this.#elapsedMs);
      quiet = this.#count === seen ? quiet + 1 : 0;
      seen = this.#count;
    }
  }

  /** Moves time forward by `ms`, firing what falls due in order and letting its consequences settle before the next. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#elapsedMs + ms;
    await this.settle();
    for (;;) {
      const next = this.#peek();
      if (!next || next.dueMs > untilMs) break;
      this.#fireDue(next.dueMs);
      await this.settle();
    }
    this.#elapsedMs = untilMs;
    await this.settle();
  }

  /**
   * Moves time forward, timer by timer, until `done` holds.
   *
   * @throws Error when it does not hold within `maxMs` of simulated time, or when nothing is left that could change it.
   */
  async runUntil(done: () => boolean, maxMs: number): Promise<void> {
    const untilMs = this.#elapsedMs + maxMs;
    for (;;) {
      await this.settle();
      if (done()) return;
      const next = this.#peek();
      if (!next) throw new Error('simulated clock: idle, and the condition does not hold');
      if (next.dueMs > untilMs) throw new Error(`simulated clock: the condition does not hold after ${maxMs} ms`);
      this.#fireDue(next.dueMs);
    }
  }

  /** Moves time forward until no timer is left, by at most `maxMs`. */
  async runUntilIdle(maxMs: number): Promise<void> {
    const untilMs = this.#elapsedMs + maxMs;
    for (;;) {
      await this.settle();
      const next = this.#peek();
      if (!next || next.dueMs > untilMs) return;
      this.#fireDue(next.dueMs);
    }
  }

  /** Fires everything due at `dueMs`. */
  #fireDue(dueMs: number): void {
    this.#elapsedMs = Math.max(dueMs, this.#elapsedMs);
    for (let next = this.#peek(); next && next.dueMs <= dueMs; next = this.#peek()) {
      this.#pop();
      next.fire();
    }
  }

  #peek(): Pending | undefined {
    while (this.#heap[0]?.cancelled) this.#pop();
    return this.#heap[0];
  }

  #push(pending: Pending): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(pending);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(pending, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = pending;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

function before(a: Pending, b: Pending): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}
