/**
 * A queue of keys that need work: a key waits at most once, is never handed out twice at the same time, and failures come back later and later.
 *
 *     add ──> waiting ──take──> processing ──done──> gone, or waiting again when it was added meanwhile
 *     addAfter / addRateLimited ──(timer)──> add
 *
 * Source: the behaviour of client-go's rate-limited work queue.
 */
import { ItemBackoff } from './backoff.ts';
import type { Clock, Timer } from './clock.ts';
import { Ring } from './ring.ts';
import { TokenBucket } from './token-bucket.ts';

/** Delays of keys that failed: per key, and for all failures together. */
export interface RateLimits {
  readonly baseMs: number;
  readonly maxMs: number;
  readonly perSecond: number;
  readonly burst: number;
}

/** What client-go's controllers use: 5 ms to 1000 s per key, 10 retries per second overall in bursts of 100. */
export const DEFAULT_RATE_LIMITS: RateLimits = { baseMs: 5, maxMs: 1_000_000, perSecond: 10, burst: 100 };

interface Taker<K> {
  readonly resolve: (key: K | undefined) => void;
}

/** Keys that need work. Holds each key once, so it is bounded by the number of keys. */
export class WorkQueue<K> {
  readonly #clock: Clock;
  readonly #backoff: ItemBackoff<K>;
  readonly #bucket: TokenBucket;
  readonly #order = new Ring<K>();
  readonly #waiting = new Set<K>();
  readonly #processing = new Set<K>();
  readonly #delayed = new Map<K, { readonly dueMs: number; readonly timer: Timer }>();
  readonly #takers: Taker<K>[] = [];
  #closed = false;

  constructor(clock: Clock, limits: RateLimits = DEFAULT_RATE_LIMITS) {
    this.#clock = clock;
    this.#backoff = new ItemBackoff(limits.baseMs, limits.maxMs);
    this.#bucket = new TokenBucket(limits.perSecond, limits.burst, clock.monotonicMs());
  }

  /** How many keys wait to be taken (delayed ones not counted). */
  get length(): number {
    return this.#order.length;
  }

  /** Whether no key waits or is being worked on. */
  get idle(): boolean {
    return this.#waiting.size === 0 && this.#processing.size === 0;
  }

  /** Says that `key` needs work. While the key is being worked on, it waits until that is done. */
  add(key: K): void {
    if (this.#closed || this.#waiting.has(key)) return;
    this.#waiting.add(key);
    if (!this.#processing.has(key)) this.#offer(key);
  }

  /** Adds `key` after `ms` milliseconds; the earliest of several delays counts. */
  addAfter(key: K, ms: number): void {
    if (this.#closed) return;
    if (ms <= 0) {
      this.add(key);
      return;
    }
    const dueMs = this.#clock.monotonicMs() + ms;
    const known = this.#delayed.get(key);
    if (known && known.dueMs <= dueMs) return;
    known?.timer.cancel();
    const timer = this.#clock.after(ms, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { dueMs, timer });
  }

  /** Adds `key`, which failed, after its back-off. */
  addRateLimited(key: K): void {
    const itemMs = this.#backoff.failed(key);
    this.addAfter(key, Math.max(itemMs, this.#bucket.reserve(this.#clock.monotonicMs())));
  }

  /** Ends the count of failures of `key`. */
  forget(key: K): void {
    this.#backoff.forget(key);
  }

  /** How often `key` failed since it was forgotten. */
  retries(key: K): number {
    return this.#backoff.failures(key);
  }

  /** The next key to work on; `undefined` once the queue is closed. Whoever takes a key must call `done`. */
  take(): Promise<K | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    if (this.#order.length > 0) return Promise.resolve(this.#start(this.#order.shift() as K));
    return new Promise((resolve) => this.#takers.push({ resolve }));
  }

  /** Says that the work on `key` has ended. */
  done(key: K): void {
    this.#processing.delete(key);
    if (this.#waiting.has(key)) this.#offer(key);
  }

  /** Ends the queue: timers are cancelled and everyone who waits in `take` gets `undefined`. */
  close(): void {
    this.#closed = true;
    for (const { timer } of this.#delayed.values()) timer.cancel();
    this.#delayed.clear();
    for (const taker of this.#takers.splice(0)) taker.resolve(undefined);
  }

  #offer(key: K): void {
    if (this.#closed) return;
    const taker = this.#takers.shift();
    if (taker) taker.resolve(this.#start(key));
    else this.#order.push(key);
  }

  #start(key: K): K {
    this.#waiting.delete(key);
    this.#processing.add(key);
    return key;
  }
}
