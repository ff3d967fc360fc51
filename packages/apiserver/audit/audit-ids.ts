import type { Random } from '#base/random.ts';

/** Where the last group of a UUID begins. */
const LAST_GROUP = 24;
const LAST_GROUP_DIGITS = 12;
/** Identifiers made from one random beginning. */
const RUN_LENGTH = 65_536;

/** Identifiers of requests in the form of UUIDs: a random beginning, and an end that counts from a random start, which costs less than fresh randomness for each. */
export class AuditIds {
  readonly #random: Random;
  #beginning = '';
  #count = 0;
  #left = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  next(): string {
    if (this.#left === 0) {
      const uuid = this.#random.uuid();
      this.#beginning = uuid.slice(0, LAST_GROUP);
      // One digit of room, so that counting never needs a thirteenth.
      this.#count = Number.parseInt(uuid.slice(LAST_GROUP + 1), 16);
      this.#left = RUN_LENGTH;
    }
    this.#left--;
    return this.#beginning + (this.#count++).toString(16).padStart(LAST_GROUP_DIGITS, '0');
  }
}
