/**
 * How well a write knows the state that it decides on. It begins with what the caches hold: its commit finds out whether that was the newest. Only where it would end
 * without a commit (refused, or with nothing to do) does it ask how far the store is, and decide once more if that was further.
 *
 * Source: apiserver `storage/etcd3` GuaranteedUpdate, which begins with the cached object too.
 */
import { StatusError } from '#machinery/status.ts';
import type { Freshness } from './freshness.ts';

/** Failures from here on say nothing about the object. */
const FIRST_SERVER_ERROR = 500;

/** The sight of one write. */
export class Sight {
  readonly #freshness: Freshness;
  readonly #began: number;
  #clear = false;

  constructor(freshness: Freshness) {
    this.#freshness = freshness;
    this.#began = freshness.revision;
  }

  /** Waits for the newest state, once; answers whether that is another than the one which the write began with. */
  clear(): Promise<boolean> | false {
    if (this.#clear) return false;
    this.#clear = true;
    const waiting = this.#freshness.newest();
    return waiting ? waiting.then(() => this.#freshness.revision !== this.#began) : false;
  }

  /** The caches have caught up with the store since the write began. */
  cleared(): void {
    this.#clear = true;
  }

  /** Whether a write that failed is to be tried again, with a state that was not known before. */
  async turns(error: unknown): Promise<boolean> {
    return error instanceof StatusError && error.code < FIRST_SERVER_ERROR && this.clear();
  }
}
