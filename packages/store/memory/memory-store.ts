/**
 * A store that lives and dies with the process: every key with its versions, the last commits in a ring.
 */
import { BTree } from '#base/btree.ts';
import { Ring } from '#base/ring.ts';
import { compareKeys, prefixEnd, rangeStart } from '../keys.ts';
import type { StoreImage } from '../image.ts';
import {
  CompactedError,
  FutureRevisionError,
  StoreUnavailableError,
  type CommitResult,
  type KeyValue,
  type Revision,
  type Snapshot,
  type Store,
  type StoreEvent,
  type WatchBatch,
  type Write,
} from '../store.ts';
import { DEFAULT_WATCH_BUFFER, eventsBelow, WatchHub, type CommittedEvents } from '../watch-hub.ts';
import { checkWrites, conflictsOf, eventsOf } from '../writes.ts';

/** How many events are remembered unless said otherwise. */
const DEFAULT_HISTORY_EVENTS = 16_384;

/** Bounds of a memory store. */
export interface MemoryStoreOptions {
  /** How many events of the past are kept; older history is compacted away by itself. */
  readonly historyEvents?: number;
  /** How many batches wait for a watcher before it is dropped. */
  readonly watchBuffer?: number;
  /** What the store begins with: its keys keep their revisions, and the next commit follows the image's. */
  readonly image?: StoreImage;
}

/** What a key held from `revision` on: `kv` is absent after a deletion. */
interface Version {
  readonly revision: Revision;
  readonly kv: KeyValue | undefined;
}

/** Opens a store in memory: empty, or with the content of an image. */
export function openMemoryStore(options: MemoryStoreOptions = {}): Promise<Store> {
  return Promise.resolve(new MemoryStore(options));
}

class MemoryStore implements Store {
  readonly honoursTtl = false;
  readonly #historyEvents: number;
  readonly #hub: WatchHub;
  /** Each key's versions, oldest first, never empty. */
  readonly #versions = new Map<string, Version[]>();
  /** The same in key order, for ranges; keys since the last one are `#unordered`. Commits look keys up, which a hash does faster than a dozen comparisons of long keys. */
  readonly #keys = new BTree<string, Version[]>(compareKeys);
  /** Keys that came (with their versions) or went since the last range: ranges are rare, a mirror of the store reads one when it begins. */
  readonly #unordered = new Map<string, Version[] | undefined>();
  readonly #history = new Ring<CommittedEvents>();
  #eventCount = 0;
  #revision: Revision = 0;
  #compacted: Revision = 0;
  #closed = false;

  constructor(options: MemoryStoreOptions) {
    this.#historyEvents = options.historyEvents ?? DEFAULT_HISTORY_EVENTS;
    const { revision, items } = options.image ?? { revision: 0, items: [] };
    this.#revision = revision;
    this.#compacted = revision;
    for (const kv of items) this.#add(kv.key, { revision: kv.modRevision, kv });
    this.#hub = new WatchHub(revision, options.watchBuffer ?? DEFAULT_WATCH_BUFFER);
  }

  async commit(writes: readonly Write[]): Promise<CommitResult> {
    this.#assertOpen();
    checkWrites(writes);
    const before = writes.map((write) => this.#versions.get(write.key)?.at(-1)?.kv);
    const conflicts = conflictsOf(writes, before);
    if (conflicts.length > 0) return { committed: false, revision: this.#revision, conflicts };
    const revision = this.#revision + 1;
    const events = eventsOf(writes, before, revision);
    if (events.length === 0) return { committed: true, revision: this.#revision };
    for (const event of events) {
      const key = event.type === 'put' ? event.kv.key : event.key;
      this.#add(key, { revision, kv: event.type === 'put' ? event.kv : undefined });
    }
    this.#revision = revision;
    this.#history.push({ revision, events });
    this.#eventCount += events.length;
    while (this.#eventCount > this.#historyEvents) this.#forget(this.#history.at(0)!.revision);
    this.#hub.publish([{ revision, events }]);
    return { committed: true, revision };
  }

  async currentRevision(): Promise<Revision> {
    this.#assertOpen();
    this.#hub.reportProgress();
    return this.#revision;
  }

  async snapshot(revision: Revision = this.#revision): Promise<Snapshot> {
    if (revision > this.#revision) throw new FutureRevisionError(this.#revision);
    this.#assertReadable(revision);
    return {
      revision,
      get: async (key) => {
        this.#assertReadable(revision);
        const versions = this.#versions.get(key);
        return versions && valueAt(versions, revision);
      },
      range: async (prefix, { from, limit = Infinity } = {}) => {
        const items: KeyValue[] = [];
        let more = false;
        this.#scan(prefix, from, revision, (kv) => {
          if (items.length < limit) items.push(kv);
          else more = true;
          return !more;
        });
        return { items, more };
      },
      count: async (prefix, from) => {
        let count = 0;
        this.#scan(prefix, from, revision, () => ++count > 0);
        return count;
      },
      [Symbol.dispose]: () => {},
    };
  }

  watch(prefix: string, after: Revision, signal: AbortSignal): AsyncIterable<WatchBatch> {
    return this.#hub.watch({ read: (...range) => this.#readHistory(...range) }, prefix, after, signal);
  }

  async compact(revision: Revision): Promise<void> {
    this.#assertOpen();
    if (revision > this.#revision) throw new FutureRevisionError(this.#revision);
    this.#forget(revision);
  }

  compactRevision(): Revision {
    return this.#compacted;
  }

  async sizeBytes(): Promise<number> {
    return 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#hub.end(new StoreUnavailableError('the store is closed'));
  }

  #assertOpen(): void {
    if (this.#closed) throw new StoreUnavailableError('the store is closed');
  }

  #assertReadable(revision: Revision): void {
    this.#assertOpen();
    if (revision < this.#compacted) throw new CompactedError(this.#compacted);
  }

  #add(key: string, version: Version): void {
    const known = this.#versions.get(key);
    if (known) {
      known.push(version);
      return;
    }
    const versions = [version];
    this.#versions.set(key, versions);
    this.#unordered.set(key, versions);
  }

  /** The keys in order, up to date. */
  #ordered(): BTree<string, Version[]> {
    for (const [key, versions] of this.#unordered) {
      if (versions) this.#keys.set(key, versions);
      else this.#keys.delete(key);
    }
    this.#unordered.clear();
    return this.#keys;
  }

  #scan(prefix: string, from: string | undefined, revision: Revision, visit: (kv: KeyValue) => boolean): void {
    this.#assertReadable(revision);
    const end = prefixEnd(prefix);
    this.#ordered().scan(rangeStart(prefix, from), (key, versions) => {
      if (end !== undefined && compareKeys(key, end) >= 0) return false;
      const kv = valueAt(versions, revision);
      return kv === undefined || visit(kv);
    });
  }

  #readHistory(prefix: string, after: Revision, until: Revision): WatchBatch {
    this.#assertReadable(after);
    const events: StoreEvent[] = [];
    for (let i = this.#history.search((commit) => commit.revision > after); i < this.#history.length; i++) {
      const commit = this.#history.at(i)!;
      if (commit.revision > until) break;
      events.push(...eventsBelow(prefix, commit.events));
    }
    return { revision: until, events };
  }

  /** Drops the commits up to `revision` and the versions that they superseded. */
  #forget(revision: Revision): void {
    if (revision <= this.#compacted) return;
    this.#compacted = revision;
    for (let commit = this.#history.at(0); commit && commit.revision <= revision; commit = this.#history.at(0)) {
      this.#history.shift();
      this.#eventCount -= commit.events.length;
      for (const event of commit.events) this.#trim(event.type === 'put' ? event.kv.key : event.key, revision);
    }
  }

  #trim(key: string, revision: Revision): void {
    const versions = this.#versions.get(key);
    if (!versions) return;
    // From the oldest on: what is superseded is at the beginning, however many newer versions a busy key has.
    let keep = -1;
    while (keep + 1 < versions.length && versions[keep + 1]!.revision <= revision) keep++;
    if (keep >= 0 && versions[keep]!.kv === undefined) keep++;
    if (keep === versions.length) {
      this.#versions.delete(key);
      this.#unordered.set(key, undefined);
    } else if (keep > 0) versions.splice(0, keep);
  }
}

function valueAt(versions: readonly Version[], revision: Revision): KeyValue | undefined {
  for (let i = versions.length - 1; i >= 0; i--) {
    if (versions[i]!.revision <= revision) return versions[i]!.kv;
  }
  return undefined;
}
