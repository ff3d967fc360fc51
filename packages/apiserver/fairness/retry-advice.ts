/** How long refused clients should stay away: longer while many are refused, shorter when few are. Source: apiserver `flowcontrol`, dropped requests tracker. */
import type { Clock } from '#base/clock.ts';

/** Source: upstream's largest advice. */
const MAX_SECONDS = 32;
const SECOND_MS = 1_000;

/** Of one priority level. All numbers are seconds. */
export class RetryAdvice {
  readonly #clock: Clock;
  /** Refusals per second, oldest first, none older than `MAX_SECONDS`. */
  readonly #history: { readonly second: number; count: number }[] = [];
  #advice = 1;
  #raisedAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get seconds(): number {
    return this.#advice;
  }

  /** Notes a refusal. */
  note(): void {
    const second = Math.floor(this.#clock.now() / SECOND_MS);
    const last = this.#history.at(-1);
    if (last?.second === second) {
      last.count++;
      return;
    }
    while (this.#history.length > 0 && second - this.#history[0]!.second > MAX_SECONDS) this.#history.shift();
    this.#adjust(second);
    this.#history.push({ second, count: 1 });
  }

  /** Doubles when three were refused per second of the advice, at most once in its time; falls by one when it was less than one. */
  #adjust(second: number): void {
    const advice = this.#advice;
    let refused = 0;
    for (const one of this.#history) if (second - one.second <= advice) refused += one.count;
    if (second - this.#raisedAt >= advice && refused >= 3 * advice) {
      this.#advice = Math.min(MAX_SECONDS, 2 * advice);
      this.#raisedAt = second;
    } else if (refused < advice && advice > 1) this.#advice--;
  }
}
