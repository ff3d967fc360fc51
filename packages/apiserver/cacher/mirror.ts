/**
 * Follows the store: one watch over all resources, so that one revision holds for every cache.
 *
 *     store.watch('/registry/') -> by resource -> ResourceCache.apply …, then `revision` moves and whoever waits for it goes on
 */
import { StoredEntry } from './entry.ts';
import type { ResourceCache } from './resource-cache.ts';
import type { Clock, Timer } from '#base/clock.ts';
import { errorFields, type Logger } from '#base/log.ts';
import { openTaskGroup, type TaskGroup } from '#base/task-group.ts';
import { CompactedError, SlowWatcherError, type KeyValue, type Store, type StoreEvent, type WatchBatch } from '#store/store.ts';

/** Below which every object is stored: `/registry/GROUP/PLURAL/NAMESPACE/NAME`. */
export const REGISTRY_PREFIX = '/registry/';

/** Keys read from the store at once. */
const LOAD_PAGE = 1_000;

/** The caches begin this many commits before the present, so that watches resume across a restart of the server. */
const RESUME_REVISIONS = 1_000;

/** Pause before the watch on the store is tried again. */
const RETRY_MS = 1_000;

/** What a mirror is made of. */
export interface MirrorOptions {
  readonly store: Store;
  /** Caches by `GROUP/PLURAL/`. */
  readonly resources: ReadonlyMap<string, ResourceCache>;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Waiter {
  readonly revision: number;
  readonly resolve: (reached: boolean) => void;
  readonly timer: Timer | undefined;
}

/** Splits a store key into its resource (`GROUP/PLURAL/`) and the object's key. */
function splitKey(key: string): { readonly resource: string; readonly rest: string } {
  const group = key.indexOf('/', REGISTRY_PREFIX.length);
  const plural = key.indexOf('/', group + 1);
  return { resource: key.slice(REGISTRY_PREFIX.length, plural + 1), rest: key.slice(plural + 1) };
}

/** The caches' link to the store. */
export class Mirror implements AsyncDisposable {
  readonly #options: MirrorOptions;
  readonly #tasks: TaskGroup;
  #waiters: Waiter[] = [];
  #revision = 0;

  /** Loads all caches, then follows the store until disposed. */
  static async open(options: MirrorOptions): Promise<Mirror> {
    const mirror = new Mirror(options);
    const { store } = options;
    const now = await store.currentRevision();
    await mirror.#loadFrom(Math.max(store.compactRevision(), now - RESUME_REVISIONS, 0));
    mirror.#tasks.run('mirror', (signal) => mirror.#follow(signal));
    await mirror.reached(now);
    return mirror;
  }

  private constructor(options: MirrorOptions) {
    this.#options = options;
    this.#tasks = openTaskGroup((name, error) => options.log.error('watch cache stopped', { task: name, ...errorFields(error) }));
  }

  /** Everything up to here is in the caches. */
  get revision(): number {
    return this.#revision;
  }

  /** Resolves when the caches hold `revision`: true, or false when that took longer than `withinMs`. */
  reached(revision: number, withinMs?: number): Promise<boolean> | true {
    if (this.#revision >= revision) return true;
    return new Promise<boolean>((resolve) => {
      const timer = withinMs === undefined ? undefined : this.#options.clock.after(withinMs, () => this.#giveUp(waiter));
      const waiter: Waiter = { revision, resolve, timer };
      this.#waiters.push(waiter);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tasks[Symbol.asyncDispose]();
    for (const waiter of this.#waiters.splice(0)) {
      waiter.timer?.cancel();
      waiter.resolve(false);
    }
  }

  /** Reads all objects at `revision`, or at the present one when another server has just compacted that. */
  async #loadFrom(revision: number): Promise<void> {
    try {
      await this.#load(revision);
    } catch (error) {
      if (!(error instanceof CompactedError)) throw error;
      await this.#load(await this.#options.store.currentRevision());
    }
  }

  /** Reads all objects at `revision` into the caches. */
  async #load(revision: number): Promise<void> {
    using snapshot = await this.#options.store.snapshot(revision);
    const loaded = new Map<string, [string, StoredEntry][]>();
    for (let from: string | undefined; ;) {
      const page = await snapshot.range(REGISTRY_PREFIX, from === undefined ? { limit: LOAD_PAGE } : { from, limit: LOAD_PAGE });
      for (const kv of page.items) {
        if (kv.key !== from) this.#collect(loaded, kv);
      }
      if (!page.more) break;
      from = page.items.at(-1)!.key;
    }
    for (const [resource, cache] of this.#options.resources) cache.replace(loaded.get(resource) ?? [], snapshot.revision);
    this.#advance(snapshot.revision);
  }

  #collect(loaded: Map<string, [string, StoredEntry][]>, kv: KeyValue): void {
    const { resource, rest } = splitKey(kv.key);
    const cache = this.#options.resources.get(resource);
    if (!cache) return;
    const entries = loaded.get(resource) ?? [];
    const entry = StoredEntry.read(cache.codec, kv.value, kv.modRevision);
    entry.json();
    entries.push([rest, entry]);
    loaded.set(resource, entries);
  }

  async #follow(signal: AbortSignal): Promise<void> {
    let gap = false;
    while (!signal.aborted) {
      try {
        if (gap) await this.#load(await this.#options.store.currentRevision());
        gap = false;
        for await (const batch of this.#options.store.watch(REGISTRY_PREFIX, this.#revision, signal)) this.#applyBatch(batch);
        if (signal.aborted) return;
      } catch (error) {
        if (signal.aborted) return;
        this.#options.log.warn('watch on the store ended', errorFields(error));
        const missed = error instanceof CompactedError || error instanceof SlowWatcherError;
        gap ||= missed;
        if (missed) continue;
      }
      await this.#options.clock.sleep(RETRY_MS, signal);
    }
  }

  #applyBatch(batch: WatchBatch): void {
    for (const event of batch.events) this.#applyEvent(event);
    this.#advance(batch.revision);
  }

  #applyEvent(event: StoreEvent): void {
    const put = event.type === 'put';
    const { resource, rest } = splitKey(put ? event.kv.key : event.key);
    const cache = this.#options.resources.get(resource);
    if (!cache) return;
    const revision = put ? event.kv.modRevision : event.revision;
    // Between reading history and hearing live commits the same object may come twice.
    if (revision <= this.#revision) return;
    if (!put) {
      cache.apply(rest, undefined, revision);
      return;
    }
    let entry: StoredEntry;
    if (event.memo instanceof StoredEntry) {
      entry = event.memo;
      entry.settle(revision);
    } else entry = StoredEntry.read(cache.codec, event.kv.value, revision);
    // Made now, while the draft's bytes can go at once: a first list of many would make all of theirs together.
    entry.json();
    cache.apply(rest, entry, revision);
  }

  #advance(revision: number): void {
    if (revision <= this.#revision) return;
    this.#revision = revision;
    if (this.#waiters.length === 0) return;
    const still: Waiter[] = [];
    for (const waiter of this.#waiters) {
      if (waiter.revision > revision) still.push(waiter);
      else {
        waiter.timer?.cancel();
        waiter.resolve(true);
      }
    }
    this.#waiters = still;
  }

  #giveUp(waiter: Waiter): void {
    this.#waiters = this.#waiters.filter((other) => other !== waiter);
    waiter.resolve(false);
  }
}
