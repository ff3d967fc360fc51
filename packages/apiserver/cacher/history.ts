/**
 * The last changes of one resource, from which an interrupted watch resumes.
 */
import type { Change } from './change.ts';
import type { Clock } from '#base/clock.ts';
import { Ring } from '#base/ring.ts';

/** How many changes are kept at most: clients further behind start again with a list. */
const MAX_CHANGES = 2_048;

/** Changes beyond `MIN_CHANGES` are forgotten after this long; clients retry a broken watch within seconds. */
const MAX_AGE_MS = 5 * 60_000;

/** Kept whatever their age, for quiet resources. */
const MIN_CHANGES = 128;

/** Changes in the order of their revisions. */
export class History {
  readonly #clock: Clock;
  readonly #changes = new Ring<{ readonly change: Change; readonly atMs: number }>();
  #completeAfter: number;

  /** Knows every change after revision `completeAfter`. */
  constructor(clock: Clock, completeAfter: number) {
    this.#clock = clock;
    this.#completeAfter = completeAfter;
  }

  /** Every change after this revision is here. */
  get completeAfter(): number {
    return this.#completeAfter;
  }

  push(change: Change): void {
    const atMs = this.#clock.monotonicMs();
    this.#changes.push({ change, atMs });
    while (this.#changes.length > MAX_CHANGES) this.#forgetOldest();
    while (this.#changes.length > MIN_CHANGES && this.#changes.at(0)!.atMs < atMs - MAX_AGE_MS) this.#forgetOldest();
  }

  /** The changes after `revision`, or `undefined` when some of them are forgotten. */
  after(revision: number): Change[] | undefined {
    if (revision < this.#completeAfter) return undefined;
    const changes: Change[] = [];
    for (let i = this.#changes.search(({ change }) => change.revision > revision); i < this.#changes.length; i++)
      changes.push(this.#changes.at(i)!.change);
    return changes;
  }

  #forgetOldest(): void {
    const oldest = this.#changes.shift();
    if (oldest) this.#completeAfter = oldest.change.revision;
  }
}
