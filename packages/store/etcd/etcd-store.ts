/**
 * The store on an etcd cluster, for several servers. One watch over all keys feeds the watchers of this process: it needs no progress messages to know how far it is, since every revision is an event of it.
 *
 *     commit -> Txn -> etcd -> Watch (all keys) -> hub -> watchers
 *                      etcd -> Range, Watch from the past (history)
 *
 * Nothing stale passes for fresh: reads are linearisable, and a watch that stays behind what they tell is replaced by one on another member.
 */
import { systemClock, type Clock, type Timer } from '#base/clock.ts';
import { silentLogger, type Logger } from '#base/log.ts';
import { openTaskGroup, type TaskGroup } from '#base/task-group.ts';
import { GrpcError } from '#h2/grpc-error.ts';
import { rangeStart } from '../keys.ts';
import {
  CompactedError,
  FutureRevisionError,
  StoreUnavailableError,
  type CommitResult,
  type KeyValue,
  type RangePage,
  type Revision,
  type Snapshot,
  type Store,
  type WatchBatch,
  type Write,
} from '../store.ts';
import { DEFAULT_WATCH_BUFFER, eventsBelow, WatchHub } from '../watch-hub.ts';
import { checkWrites } from '../writes.ts';
import { beginOrigin, finishOrigin, readOrigin, type Origin, type RestoreStart } from './bookkeeping.ts';
import { Commits } from './commits.ts';
import { EtcdClient, type CallManner, type EtcdTls } from './etcd-client.ts';
import { explainEtcd, isCompacted, isFuture } from './etcd-errors.ts';
import { EtcdWatch, NOW } from './etcd-watch.ts';
import { KeySpace, ZERO_KEY } from './key-space.ts';
import { Memos } from './memos.ts';
import { toNumber, type Methods, type RangeRequest } from './messages.ts';

/** Keys per Range call: some hundred kilobytes. */
const RANGE_STEP_KEYS = 500;
/** Events after which a piece of history is handed on. */
const HISTORY_STEP_EVENTS = 1_000;
/** How long to wait before watching again after the connection was lost. */
const WATCH_PAUSE_MS = 100;
/** A watch that hears nothing for this long although etcd is further is given up. */
const WATCH_STALL_MS = 1_000;

const REPEATABLE: CallManner = { repeatable: true };

/** Where the cluster is, and bounds. */
export interface EtcdStoreOptions {
  /** One address per member: `http://host:port` or `https://host:port`. */
  readonly endpoints: readonly string[];
  readonly tls?: EtcdTls;
  /** Begins every key, so that others may use the cluster too (what they write costs this store a message each); default: none. */
  readonly prefix?: string;
  /** How many batches wait for a watcher before it is dropped. */
  readonly watchBuffer?: number;
  readonly clock?: Clock;
  readonly log?: Logger;
}

/**
 * Connects to a cluster.
 * @throws StoreUnavailableError when no member answers, or the store was restored only in part
 */
export function openEtcdStore(options: EtcdStoreOptions): Promise<Store> {
  return connect(options, async (client) => {
    const origin = await readOrigin(client, options.prefix ?? '');
    if (!origin.restoring) return origin;
    throw new StoreUnavailableError('a backup was restored into etcd only in part: restore it again, with --force');
  });
}

/**
 * Fills a store by `load`.
 * @throws StoreUnavailableError when the store is neither empty nor to be replaced, and what `load` throws
 */
export async function restoreEtcdStore(options: EtcdStoreOptions, start: RestoreStart, load: (store: Store) => Promise<void>): Promise<void> {
  const { endpoints, tls, prefix = '', clock = systemClock } = options;
  await using store = await connect(options, async (client) => {
    await beginOrigin(client, prefix, start);
    return readOrigin(client, prefix);
  });
  await load(store);
  const client = new EtcdClient({ endpoints, ...(tls && { tls }), clock });
  try {
    await finishOrigin(client, prefix);
  } finally {
    client.close();
  }
}

async function connect(options: EtcdStoreOptions, originOf: (client: EtcdClient) => Promise<Origin>): Promise<Store> {
  const { endpoints, tls, prefix = '', watchBuffer = DEFAULT_WATCH_BUFFER, clock = systemClock, log = silentLogger } = options;
  const client = new EtcdClient({ endpoints, ...(tls && { tls }), clock });
  try {
    const origin = await originOf(client);
    const space = new KeySpace(prefix, origin.offset);
    const first = await client.call('Range', { key: ZERO_KEY }, REPEATABLE);
    const hub = new WatchHub(space.revision(first.header.revision), watchBuffer);
    const store = new EtcdStore({ client, space, hub, clock, log }, origin.oldest);
    await store.start();
    return store;
  } catch (error) {
    client.close();
    throw error instanceof GrpcError ? explainEtcd(error, endpoints) : error;
  }
}

interface Parts {
  readonly client: EtcdClient;
  readonly space: KeySpace;
  readonly hub: WatchHub;
  readonly clock: Clock;
  readonly log: Logger;
}

class EtcdStore implements Store {
  readonly honoursTtl = true;
  readonly #client: EtcdClient;
  readonly #space: KeySpace;
  readonly #commits: Commits;
  readonly #hub: WatchHub;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #tasks: TaskGroup;
  readonly #memos = new Memos();
  readonly #committing = new Set<Promise<CommitResult>>();
  #compactRevision: Revision;
  /** Watchers are told of progress once the watch has come this far. */
  #progressWanted: Revision = 0;
  /** Ends the watch of now. */
  #giveUpWatch: (() => void) | undefined;
  #stallTimer: Timer | undefined;
  #closing: Promise<void> | undefined;

  constructor({ client, space, hub, clock, log }: Parts, oldest: Revision) {
    this.#client = client;
    this.#space = space;
    this.#hub = hub;
    this.#clock = clock;
    this.#log = log;
    this.#compactRevision = oldest;
    this.#commits = new Commits({ client, space, clock, known: () => hub.revision });
    this.#tasks = openTaskGroup((name, error) => {
      log.error('a task of the etcd store failed', { task: name, error });
      hub.end(error instanceof Error ? error : new StoreUnavailableError(String(error)));
    });
  }

  /** Learns how much of the past is gone, and begins to watch. */
  async start(): Promise<void> {
    try {
      await this.#client.call('Range', { key: ZERO_KEY, revision: 1 }, REPEATABLE);
    } catch (error) {
      if (!isCompacted(error)) throw this.#explain(error);
      await this.#learnCompactRevision();
    }
    const begun = Promise.withResolvers<void>();
    this.#tasks.run('watch', (signal) => this.#follow(begun.resolve, signal));
    await begun.promise;
  }

  async commit(writes: readonly Write[]): Promise<CommitResult> {
    this.#assertOpen();
    checkWrites(writes);
    const committing = this.#commit(writes);
    this.#committing.add(committing);
    try {
      return await committing;
    } finally {
      this.#committing.delete(committing);
    }
  }

  async currentRevision(): Promise<Revision> {
    this.#assertOpen();
    const { header } = await this.#range({ key: ZERO_KEY });
    const revision = this.#space.revision(header.revision);
    if (this.#hub.revision >= revision) this.#hub.reportProgress();
    else this.#expectProgress(revision);
    return revision;
  }

  async snapshot(revision?: Revision): Promise<Snapshot> {
    this.#assertOpen();
    const at = revision ?? (await this.currentRevision());
    if (revision !== undefined) await this.#range({ key: ZERO_KEY }, revision);
    return {
      revision: at,
      get: async (key) => {
        const { kvs } = await this.#range({ key: this.#space.key(key) }, at);
        return kvs[0] && this.#space.keyValue(kvs[0]);
      },
      range: (prefix, { from, limit = Infinity } = {}) => this.#page(prefix, rangeStart(prefix, from), limit, at),
      count: async (prefix, from) => {
        const { count } = await this.#range({ key: this.#space.start(rangeStart(prefix, from)), rangeEnd: this.#space.end(prefix), countOnly: true }, at);
        return toNumber(count);
      },
      [Symbol.dispose]: () => {},
    };
  }

  watch(prefix: string, after: Revision, signal: AbortSignal): AsyncIterable<WatchBatch> {
    return this.#hub.watch({ read: (...range) => this.#readHistory(...range) }, prefix, after, signal);
  }

  async compact(revision: Revision): Promise<void> {
    this.#assertOpen();
    if (revision <= this.#compactRevision) return;
    await this.#untilWatched(revision);
    try {
      await this.#client.call('Compact', { revision: this.#space.toEtcd(revision) }, REPEATABLE);
      this.#compactRevision = Math.max(this.#compactRevision, revision);
    } catch (error) {
      if (isFuture(error)) throw new FutureRevisionError(await this.currentRevision());
      if (!isCompacted(error)) throw this.#explain(error);
      await this.#learnCompactRevision();
    }
  }

  compactRevision(): Revision {
    return this.#compactRevision;
  }

  async sizeBytes(): Promise<number> {
    this.#assertOpen();
    return toNumber((await this.#client.call('Status', {}, REPEATABLE)).dbSize);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#hub.end(new StoreUnavailableError('the store is closed'));
    this.#stallTimer?.cancel();
    await Promise.allSettled(this.#committing);
    await this.#tasks[Symbol.asyncDispose]();
    this.#client.close();
  }

  #assertOpen(): void {
    if (this.#closing) throw new StoreUnavailableError('the store is closed');
  }

  #explain(error: unknown): Error {
    return error instanceof StoreUnavailableError ? error : explainEtcd(error, this.#client.endpoints);
  }

  async #commit(writes: readonly Write[]): Promise<CommitResult> {
    this.#memos.expect(writes);
    try {
      const result = await this.#commits.commit(writes, this.#tasks.signal);
      if (!result.committed) this.#memos.forget(writes);
      // Whoever commits waits for the watch to tell of it.
      if (result.revision > this.#hub.revision) this.#expectProgress(result.revision);
      return result;
    } catch (error) {
      this.#memos.forget(writes);
      throw this.#closing ? new StoreUnavailableError('the store is closed') : this.#explain(error);
    }
  }

  /** Watchers want to hear of `revision`, which etcd has reached; a watch that does not get there stands on a member that is cut off or hangs. */
  #expectProgress(revision: Revision): void {
    this.#progressWanted = Math.max(this.#progressWanted, revision);
    if (this.#stallTimer) return;
    const heard = this.#hub.revision;
    this.#stallTimer = this.#clock.after(WATCH_STALL_MS, () => {
      this.#stallTimer = undefined;
      if (this.#closing || this.#hub.revision >= this.#progressWanted) return;
      if (this.#hub.revision === heard) this.#giveUpWatch?.();
      this.#expectProgress(this.#progressWanted);
    });
  }

  /** @throws CompactedError, FutureRevisionError, StoreUnavailableError */
  async #range(request: RangeRequest, revision?: Revision): Promise<Methods['Range'][1]> {
    this.#assertOpen();
    if (revision !== undefined && revision < this.#compactRevision) throw new CompactedError(this.#compactRevision);
    // To etcd, revision 0 means the present one; an etcd without any key is at 1, where nothing is either.
    const at = revision === undefined ? undefined : Math.max(this.#space.toEtcd(revision), 1);
    try {
      return await this.#client.call('Range', at === undefined ? request : { ...request, revision: at }, REPEATABLE);
    } catch (error) {
      if (isFuture(error)) throw new FutureRevisionError(await this.currentRevision());
      if (isCompacted(error)) throw new CompactedError(await this.#learnCompactRevision());
      throw this.#explain(error);
    }
  }

  async #page(prefix: string, from: string, limit: number, revision: Revision): Promise<RangePage> {
    const items: KeyValue[] = [];
    const rangeEnd = this.#space.end(prefix);
    for (let key = this.#space.start(from); ;) {
      const step = Math.min(limit - items.length, RANGE_STEP_KEYS);
      const { kvs, more } = await this.#range({ key, rangeEnd, limit: step }, revision);
      for (const kv of kvs) items.push(this.#space.keyValue(kv));
      if (!more || items.length >= limit) return { items, more };
      // The next key in order is the last one with a zero byte behind it.
      key = Buffer.concat([kvs.at(-1)!.key, ZERO_KEY]);
    }
  }

  /** Feeds the hub from one watch over all keys, on whichever member answers; calls `begun` when it first runs. */
  async #follow(begun: () => void, signal: AbortSignal): Promise<void> {
    let position = NOW;
    let gap: Error = new StoreUnavailableError('the watch on etcd has not begun');
    while (!signal.aborted) {
      const given = new AbortController();
      this.#giveUpWatch = () => given.abort(new StoreUnavailableError('the member does not tell what the others know'));
      try {
        using watch = new EtcdWatch(this.#client, this.#space, { after: position }, AbortSignal.any([signal, given.signal]));
        const created = await watch.created;
        if (position === NOW) this.#hub.interrupt(gap, (position = created));
        begun();
        for await (const commits of watch) {
          this.#hub.publish(commits.map(({ revision, events }) => ({ revision, events: events.map((event) => this.#memos.attach(event)) })));
          position = this.#hub.revision;
          if (position >= this.#progressWanted) this.#hub.reportProgress();
        }
        if (!signal.aborted) throw given.signal.reason;
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof CompactedError) {
          // What this process missed is gone: its watchers must read anew.
          this.#compactRevision = Math.max(this.#compactRevision, error.compactRevision);
          gap = error;
          position = NOW;
        } else {
          this.#log.warn('lost the watch on etcd, trying another member', { error });
          this.#client.failOver();
        }
        await this.#clock.sleep(WATCH_PAUSE_MS, signal);
      }
    }
  }

  /** Watchers of this process must not lose what this process compacts. */
  async #untilWatched(revision: Revision): Promise<void> {
    if (this.#hub.revision >= revision) return;
    const current = await this.currentRevision();
    if (revision > current) throw new FutureRevisionError(current);
    while (this.#hub.revision < revision) {
      this.#assertOpen();
      await this.#clock.sleep(WATCH_PAUSE_MS);
    }
  }

  async #readHistory(prefix: string, after: Revision, until: Revision): Promise<WatchBatch> {
    this.#assertOpen();
    if (after < this.#compactRevision) throw new CompactedError(this.#compactRevision);
    // An etcd without any key is at revision 1, which has no event.
    if (this.#space.toEtcd(until) <= 1) return { revision: until, events: [] };
    const events = [];
    let reached = after;
    using watch = new EtcdWatch(this.#client, this.#space, { after }, this.#tasks.signal);
    for await (const commits of this.#explained(watch)) {
      for (const commit of commits) {
        if (commit.revision > until) break;
        reached = commit.revision;
        events.push(...eventsBelow(prefix, commit.events));
      }
      if (commits.at(-1)!.revision >= until) return { revision: until, events };
      if (events.length >= HISTORY_STEP_EVENTS) return { revision: reached, events };
    }
    throw new StoreUnavailableError('the store is closed');
  }

  async *#explained<T>(source: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
    try {
      yield* source;
    } catch (error) {
      if (error instanceof CompactedError) this.#compactRevision = Math.max(this.#compactRevision, error.compactRevision);
      throw error instanceof CompactedError ? error : this.#explain(error);
    }
  }

  /** Asks for what is certainly gone: the refusal says how far. */
  async #learnCompactRevision(): Promise<Revision> {
    using watch = new EtcdWatch(this.#client, this.#space, { after: this.#space.revision(1) }, this.#tasks.signal);
    try {
      for await (const commits of watch) void commits;
    } catch (error) {
      if (!(error instanceof CompactedError)) throw this.#explain(error);
      this.#compactRevision = Math.max(this.#compactRevision, error.compactRevision);
    }
    return this.#compactRevision;
  }
}
