/**
 * A durable store for one server: a file of its own, written by a thread of its own, watched in this one.
 *
 *     commit -> group -> | thread: SQLite, one durable transaction | -> watchers -> answers
 *     get, range, history -> | thread: bounded steps between transactions |
 */
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
  type StoreEvent,
  type WatchBatch,
  type Write,
} from '../store.ts';
import { DEFAULT_WATCH_BUFFER, WatchHub, type History } from '../watch-hub.ts';
import { checkWrites } from '../writes.ts';
import { EngineClient } from './engine-client.ts';
import { GroupCommitter } from './group-commit.ts';
import { unpackVersions, type CountStep, type HistoryStep, type RangeStep } from './packed.ts';

/** What an API server of this kind never needs, and still a file that can be copied in a minute. */
const DEFAULT_QUOTA_BYTES = 8 * 1_024 ** 3;

/** Where an embedded store lives, and its bounds. */
export interface EmbeddedStoreOptions {
  /** Made when missing; holds one store, used by one process at a time. */
  readonly directory: string;
  /** How many batches wait for a watcher before it is dropped. */
  readonly watchBuffer?: number;
  /** The size of the file at which commits fail until history is compacted. */
  readonly quotaBytes?: number;
  /** A store that has never been written to goes on after this revision: a backup is restored into it. */
  readonly startAfter?: Revision;
}

/**
 * Opens the store in a directory, or makes it.
 * @throws StoreUnavailableError when another process uses it, or it cannot be read or written; the message says what to do
 */
export async function openEmbeddedStore(options: EmbeddedStoreOptions): Promise<Store> {
  const { directory, quotaBytes = DEFAULT_QUOTA_BYTES, watchBuffer = DEFAULT_WATCH_BUFFER, startAfter } = options;
  const start = startAfter === undefined ? {} : { startAfter };
  return new EmbeddedStore(await EngineClient.open({ directory, quotaBytes, ...start }), watchBuffer);
}

class EmbeddedStore implements Store {
  readonly honoursTtl = false;
  readonly #engine: EngineClient;
  readonly #hub: WatchHub;
  readonly #committer: GroupCommitter;
  readonly #history: History = { read: (prefix, after, until) => this.#readHistory(prefix, after, until) };
  #compactRevision: Revision;
  #cleaning: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(engine: EngineClient, watchBuffer: number) {
    this.#engine = engine;
    this.#compactRevision = engine.opened.compactRevision;
    this.#hub = new WatchHub(engine.opened.revision, watchBuffer);
    this.#committer = new GroupCommitter(engine, (commits) => this.#hub.publish(commits));
  }

  async commit(writes: readonly Write[]): Promise<CommitResult> {
    this.#assertOpen();
    checkWrites(writes);
    return this.#committer.commit(writes);
  }

  async currentRevision(): Promise<Revision> {
    this.#assertOpen();
    this.#hub.reportProgress();
    return this.#hub.revision;
  }

  async snapshot(revision: Revision = this.#hub.revision): Promise<Snapshot> {
    if (revision > this.#hub.revision) throw new FutureRevisionError(this.#hub.revision);
    this.#assertReadable(revision);
    return {
      revision,
      get: (key) => this.#get(key, revision),
      range: (prefix, { from, limit = Infinity } = {}) => this.#range(prefix, rangeStart(prefix, from), limit, revision),
      count: (prefix, from) => this.#count(prefix, rangeStart(prefix, from), revision),
      [Symbol.dispose]: () => {},
    };
  }

  watch(prefix: string, after: Revision, signal: AbortSignal): AsyncIterable<WatchBatch> {
    return this.#hub.watch(this.#history, prefix, after, signal);
  }

  async compact(revision: Revision): Promise<void> {
    this.#assertOpen();
    if (revision > this.#hub.revision) throw new FutureRevisionError(this.#hub.revision);
    await this.#engine.call('compact', revision);
    this.#compactRevision = Math.max(this.#compactRevision, revision);
    const cleaning = this.#cleaning.then(() => this.#clean());
    this.#cleaning = cleaning.catch(() => {
      // Reported to the caller below; the next compaction starts where this one stopped.
    });
    await cleaning;
  }

  compactRevision(): Revision {
    return this.#compactRevision;
  }

  sizeBytes(): Promise<number> {
    return this.#engine.call('sizeBytes');
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#hub.end(new StoreUnavailableError('the store is closed'));
    await this.#committer.idle();
    await this.#cleaning;
    await this.#engine.close();
  }

  #assertOpen(): void {
    if (this.#closing) throw new StoreUnavailableError('the store is closed');
  }

  #assertReadable(revision: Revision): void {
    this.#assertOpen();
    if (revision < this.#compactRevision) throw new CompactedError(this.#compactRevision);
  }

  async #get(key: string, revision: Revision): Promise<KeyValue | undefined> {
    this.#assertReadable(revision);
    const found = await this.#engine.call('get', key, revision);
    this.#assertReadable(revision);
    return unpackVersions(found.keys, found.versions, false)[0];
  }

  async #range(prefix: string, from: string, limit: number, revision: Revision): Promise<RangePage> {
    this.#assertReadable(revision);
    const items: KeyValue[] = [];
    for (let next: string | undefined = from; next !== undefined;) {
      // One more than asked for tells whether there are more.
      const step: RangeStep = await this.#engine.call('range', prefix, next, limit + 1 - items.length, revision);
      this.#assertReadable(revision);
      for (const kv of unpackVersions(step.keys, step.versions, true)) items.push(kv!);
      if (items.length > limit) return { items: items.slice(0, limit), more: true };
      next = step.next;
    }
    return { items, more: false };
  }

  async #count(prefix: string, from: string, revision: Revision): Promise<number> {
    this.#assertReadable(revision);
    let count = 0;
    for (let next: string | undefined = from; next !== undefined;) {
      const step: CountStep = await this.#engine.call('count', prefix, next, revision);
      this.#assertReadable(revision);
      count += step.count;
      next = step.next;
    }
    return count;
  }

  async #readHistory(prefix: string, after: Revision, until: Revision): Promise<WatchBatch> {
    this.#assertReadable(after);
    const step = await this.#engine.call('history', prefix, after, until);
    this.#assertReadable(after);
    return { revision: step.revision, events: historyEvents(step) };
  }

  async #clean(): Promise<void> {
    while (!this.#closing && (await this.#engine.call('clean')));
  }
}

function historyEvents({ keys, versions, previous }: HistoryStep): StoreEvent[] {
  const before = unpackVersions(keys, previous, false);
  return unpackVersions(keys, versions, false).map((kv, i) =>
    kv ? { type: 'put', kv, previous: before[i] } : { type: 'delete', key: keys[i]!, revision: versions.modRevisions[i]!, previous: before[i] },
  );
}
