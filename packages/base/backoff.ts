/**
 * How long to wait before trying again: growing delays, for one sequence of attempts or for many items at once.
 */
import type { Random } from './random.ts';

/** The shape of growing delays, in milliseconds. */
export interface BackoffPolicy {
  readonly initialMs: number;
  readonly factor: number;
  readonly maxMs: number;
  /** Each delay is stretched by a random share of up to this much: 0.5 means up to half as long again. */
  readonly jitter: number;
}

/** Delays of one sequence of attempts. */
export class Backoff {
  readonly #policy: BackoffPolicy;
  readonly #random: Random;
  #nextMs: number;

  constructor(policy: BackoffPolicy, random: Random) {
    this.#policy = policy;
    this.#random = random;
    this.#nextMs = policy.initialMs;
  }

  /** The delay before the next attempt, in milliseconds; each call makes the following one longer. */
  next(): number {
    const { factor, maxMs, jitter } = this.#policy;
    const delayMs = this.#nextMs;
    this.#nextMs = Math.min(delayMs * factor, maxMs);
    return delayMs * (1 + jitter * this.#random.next());
  }

  /** Begins again with the first delay: call after a success. */
  reset(): void {
    this.#nextMs = this.#policy.initialMs;
  }
}

/** Doubling delays per item: the first failure costs `baseMs`, never more than `maxMs`. Forget items, or they stay counted. */
export class ItemBackoff<K> {
  readonly #baseMs: number;
  readonly #maxMs: number;
  readonly #failures = new Map<K, number>();

  constructor(baseMs: number, maxMs: number) {
    this.#baseMs = baseMs;
    this.#maxMs = maxMs;
  }

  /** Counts a failure of `item` and answers how long it must wait, in milliseconds. */
  failed(item: K): number {
    const count = this.#failures.get(item) ?? 0;
    this.#failures.set(item, count + 1);
    return Math.min(this.#baseMs * 2 ** Math.min(count, 52), this.#maxMs);
  }

  /** How often `item` has failed since it was last forgotten. */
  failures(item: K): number {
    return this.#failures.get(item) ?? 0;
  }

  /** Ends the count of `item`: call after a success, or when nobody will try it again. */
  forget(item: K): void {
    this.#failures.delete(item);
  }
}
