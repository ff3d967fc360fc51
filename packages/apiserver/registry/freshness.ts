/**
 * How current the caches must be before a request is answered from them.
 *
 * A server that alone writes to its store has every acknowledged write in its caches already, so reads need not wait.
 * Where other servers write too, a consistent read asks the store for its revision and waits for it.
 */
import type { Mirror } from '../cacher/mirror.ts';
import { storeFailure } from './store-failure.ts';
import { isReason, StatusError } from '#machinery/status.ts';
import { StoreUnavailableError, type Revision, type Store } from '#store/store.ts';

/** How long a read waits for the revision that the client names. Source: apiserver `storage/cacher`. */
const WAIT_MS = 3_000;

/** Refusals that what another server has just written may turn. */
const REFUSALS = ['Forbidden', 'NotFound', 'AlreadyExists'] as const;

/** Said to clients that name a revision which the server does not reach in time. */
function tooLarge(revision: number, current: number): StatusError {
  return new StatusError({
    code: 504,
    reason: 'Timeout',
    message: `Timeout: Too large resource version: ${revision}, current: ${current}`,
    details: { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }], retryAfterSeconds: 1 },
  });
}

/** Answers when the caches are current enough; `undefined`: they are. */
export class Freshness {
  readonly #mirror: Mirror;
  readonly #store: Store;
  readonly #shared: boolean;
  /** The question to the store that has not been sent yet; whoever comes before it is sent shares the answer. */
  #next: Promise<Revision> | undefined;
  #asking: Promise<unknown> = Promise.resolve();

  /** `shared`: other processes write to the store. */
  constructor(mirror: Mirror, store: Store, shared: boolean) {
    this.#mirror = mirror;
    this.#store = store;
    this.#shared = shared;
  }

  /** What the caches hold now. */
  get revision(): Revision {
    return this.#mirror.revision;
  }

  /** For the newest state: after every write acknowledged anywhere before the call. */
  newest(): Promise<void> | undefined {
    return this.#shared ? this.#reachNewest() : undefined;
  }

  /**
   * Does `work` by what the caches hold: a create need not ask first, since its commit finds out whether the object exists. When it is refused, it is done once more
   * with the newest state, if that is another one. What is allowed is judged as by servers upstream, whose caches lag by a moment too.
   */
  async orAgain<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#mirror.revision;
    try {
      return await work();
    } catch (error) {
      if (!this.#shared || !REFUSALS.some((reason) => isReason(error, reason))) throw error;
      await this.#reachNewest();
      if (this.#mirror.revision === before) throw error;
      return work();
    }
  }

  /**
   * For a state not older than `revision`.
   * @throws StatusError Timeout when the server does not get there
   */
  notOlderThan(revision: number): Promise<void> | undefined {
    const reached = this.#mirror.reached(revision, WAIT_MS);
    if (reached === true) return undefined;
    return reached.then((inTime) => {
      if (!inTime) throw tooLarge(revision, this.#mirror.revision);
    });
  }

  async #reachNewest(): Promise<void> {
    const revision = await this.#ask();
    await this.notOlderThan(revision);
  }

  /** One question at a time: an answer to a question sent before the read began would not do. */
  #ask(): Promise<Revision> {
    if (this.#next) return this.#next;
    const next = this.#asking.then(() => {
      this.#next = undefined;
      return this.#store.currentRevision().catch((error: unknown) => {
        throw error instanceof StoreUnavailableError ? storeFailure(error) : error;
      });
    });
    this.#next = next;
    this.#asking = next.catch(() => undefined);
    return next;
  }
}
