/**
 * Commits to the store, seen by the caches before they are acknowledged, so that whoever is told of a write reads it.
 */
import type { StoredEntry } from '../cacher/entry.ts';
import type { Mirror } from '../cacher/mirror.ts';
import { storeKey, type Storage } from './resources.ts';
import type { StoreMetrics, StoreOperation } from './store-metrics.ts';
import { storeFailure } from './store-failure.ts';
import { StoreUnavailableError, type CommitResult, type Store, type Write } from '#store/store.ts';

/** What came of a commit. */
export type Outcome =
  | { readonly committed: true; readonly revision: number }
  | {
      readonly committed: false;
      /** The object is not at the expected revision; otherwise an accompanying write failed. */
      readonly stale: boolean;
    };

/** A change of one object. */
export interface ObjectWrite {
  readonly storage: Storage;
  readonly key: string;
  /** `null` deletes. */
  readonly entry: StoredEntry | null;
  /** The revision that the object must have; 0: it must not exist. */
  readonly expect: number;
  /** Writes of other keys that must happen in the same commit. */
  readonly companions?: readonly Write[];
}

/** How commits are made. */
export interface CommitterOptions {
  /** How long objects of a resource are kept after their last change; absent: for ever. */
  readonly ttlMs?: (storage: Storage) => number | undefined;
  readonly metrics?: StoreMetrics | undefined;
}

/** Commits of one server. */
export class Committer {
  readonly #store: Store;
  readonly #mirror: Mirror;
  readonly #ttlMs: (storage: Storage) => number | undefined;
  readonly #metrics: StoreMetrics | undefined;

  constructor(store: Store, mirror: Mirror, { ttlMs = () => undefined, metrics }: CommitterOptions = {}) {
    this.#store = store;
    this.#mirror = mirror;
    this.#ttlMs = ttlMs;
    this.#metrics = metrics;
  }

  /** Resolves when the change is durable and in the caches. @throws StatusError ServiceUnavailable */
  async commit({ storage, key, entry, expect, companions = [] }: ObjectWrite): Promise<Outcome> {
    const result = await this.#measured(storage, entry ? (expect === 0 ? 'create' : 'update') : 'delete', [this.#ownWrite(storage, key, entry, expect), ...companions]);
    if (!result.committed) {
      const stale = result.conflicts.some(({ index }) => index === 0);
      // The store is ahead of the caches: try again with what made the difference.
      const seen = this.#mirror.reached(result.revision);
      if (seen !== true) await seen;
      return { committed: false, stale };
    }
    entry?.settle(result.revision);
    const seen = this.#mirror.reached(result.revision);
    if (seen !== true) await seen;
    return { committed: true, revision: result.revision };
  }

  #ownWrite(storage: Storage, key: string, entry: StoredEntry | null, expect: number): Write {
    if (!entry) return { key: storeKey(storage, key), value: null, expect };
    const ttlMs = this.#ttlMs(storage);
    if (ttlMs === undefined) return { key: storeKey(storage, key), value: entry.stored, expect, memo: entry };
    return { key: storeKey(storage, key), value: entry.stored, expect, memo: entry, ttlMs };
  }

  async #measured(storage: Storage, operation: StoreOperation, writes: readonly Write[]): Promise<CommitResult> {
    const metrics = this.#metrics;
    if (!metrics) return this.#send(writes);
    const sinceMs = metrics.now();
    let failed = true;
    try {
      const result = await this.#send(writes);
      failed = false;
      return result;
    } finally {
      metrics.written(storage, operation, sinceMs, failed);
    }
  }

  async #send(writes: readonly Write[]): Promise<CommitResult> {
    try {
      return await this.#store.commit(writes);
    } catch (error) {
      if (error instanceof StoreUnavailableError) throw storeFailure(error);
      throw error;
    }
  }
}
