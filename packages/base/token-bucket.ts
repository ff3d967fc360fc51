/**
 * A rate limit with bursts: tokens drip into a bucket, each action takes one.
 */

/** Tokens that refill at `perSecond` up to `burst`. Time is passed in, monotonic, in milliseconds. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #atMs: number;

  constructor(perSecond: number, burst: number, nowMs: number) {
    this.#perMs = perSecond / 1000;
    this.#burst = burst;
    this.#tokens = burst;
    this.#atMs = nowMs;
  }

  /** Takes a token if there is one. */
  take(nowMs: number): boolean {
    this.#refill(nowMs);
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** Takes a token now or from the future, and answers how many milliseconds to wait before acting on it. */
  reserve(nowMs: number): number {
    this.#refill(nowMs);
    this.#tokens--;
    return this.#tokens >= 0 ? 0 : -this.#tokens / this.#perMs;
  }

  #refill(nowMs: number): void {
    const passedMs = Math.max(nowMs - this.#atMs, 0);
    this.#tokens = Math.min(this.#tokens + passedMs * this.#perMs, this.#burst);
    this.#atMs = nowMs;
  }
}
