import type { Clock } from '#base/clock.ts';

const WINDOW_MS = 1_000;

/** A number that goes up and down, read as the highest it was within the last second or the one before. */
export class Peak {
  readonly #clock: Clock;
  #current = 0;
  #window = 0;
  #peak = 0;
  #before = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** One more. */
  raise(): void {
    this.#current++;
    this.#turn();
    if (this.#current > this.#peak) this.#peak = this.#current;
  }

  /** One less: what was before it is in the peak of its own window. */
  lower(): void {
    this.#current--;
  }

  /** The highest of late. */
  read(): number {
    this.#turn();
    return Math.max(this.#before, this.#peak);
  }

  #turn(): void {
    const window = Math.floor(this.#clock.monotonicMs() / WINDOW_MS);
    if (window === this.#window) return;
    this.#before = window === this.#window + 1 ? this.#peak : this.#current;
    this.#peak = this.#current;
    this.#window = window;
  }
}
