/**
 * The objects of one stored resource at the cache's revision, in key order, with their recent history and their watchers.
 *
 *     store events -> apply -> entries (by key, ordered)
 *                           -> history (resuming watches)
 *                           -> subscribers in this process
 *                           -> watchers, through an index
 */
import type { Entry } from '../call.ts';
import { CacheCounts } from './cache-counts.ts';
import { Delivery, type Change } from './change.ts';
import type { StoredEntry } from './entry.ts';
import { type EntryCodec } from './entry.ts';
import { History } from './history.ts';
import type { Watcher } from './watcher.ts';
import { WatcherIndex, type FieldTextOf } from './watcher-index.ts';
import { BTree } from '#base/btree.ts';
import { nextTurn } from '#base/event-loop.ts';
import type { Clock } from '#base/clock.ts';
import { errorFields, type Logger } from '#base/log.ts';
import { compareKeys, prefixEnd } from '#store/keys.ts';

/** Paginated lists continue on a frozen copy of the tree; older ones are read from the store again. */
const MAX_FROZEN = 16;

/** Changes that may wait to be put in order: so many take about a millisecond. */
const MAX_UNORDERED = 1_024;

/** Objects decoded without letting others have a turn: some milliseconds. */
const DECODED_AT_ONCE = 128;

/** Objects in key order (`namespace/name`, or `name`). */
export type EntryTree = BTree<string, StoredEntry>;

/** Called after each change, with the change's entries. */
export type Subscriber = (next: Entry | undefined, previous: Entry | undefined) => void;

/** What a resource cache is made of. */
export interface ResourceCacheOptions {
  readonly codec: EntryCodec;
  readonly clock: Clock;
  readonly fieldText: FieldTextOf;
  readonly log: Logger;
}

/** The namespace in an object's key; empty for cluster-scoped objects. */
function namespaceOf(key: string): string {
  const slash = key.indexOf('/');
  return slash < 0 ? '' : key.slice(0, slash);
}

/** Visits the entries whose keys start with `prefix`, from `from` on when given, until `visit` returns false. */
export function scanTree(tree: EntryTree, prefix: string, from: string | undefined, visit: (entry: StoredEntry, key: string) => boolean): void {
  const end = prefix === '' ? undefined : prefixEnd(prefix);
  tree.scan(from ?? (prefix === '' ? undefined : prefix), (key, entry) => (end === undefined || compareKeys(key, end) < 0) && visit(entry, key));
}

async function decodeInTurns(entries: readonly StoredEntry[]): Promise<void> {
  for (const [i, entry] of entries.entries()) {
    void entry.object;
    if (i % DECODED_AT_ONCE === DECODED_AT_ONCE - 1) await nextTurn();
  }
}

/** One resource. Only the mirror of the store changes it. */
export class ResourceCache {
  readonly codec: EntryCodec;
  readonly watchers: WatcherIndex;
  readonly counts = new CacheCounts();
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #entries = new Map<string, StoredEntry>();
  readonly #subscribers = new Set<Subscriber>();
  readonly #frozen = new Map<number, EntryTree>();
  #tree: EntryTree = new BTree<string, StoredEntry>(compareKeys);
  /** Changes that the tree does not have yet: only lists need the order, and objects often change several times between two of them. */
  readonly #unordered = new Map<string, StoredEntry | undefined>();
  #history: History;
  /** The revision of the last change. */
  #changedAt = 0;

  constructor(options: ResourceCacheOptions) {
    this.codec = options.codec;
    this.#clock = options.clock;
    this.#log = options.log;
    this.watchers = new WatcherIndex(options.fieldText);
    this.#history = new History(options.clock, 0);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The objects now. Do not keep it across a wait: use `freeze`. */
  get tree(): EntryTree {
    if (this.#unordered.size > 0) this.#order();
    return this.#tree;
  }

  get history(): History {
    return this.#history;
  }

  get(key: string): StoredEntry | undefined {
    return this.#entries.get(key);
  }

  /** Decodes the objects whose keys start with `prefix`, in turns, so that a selector can then be asked about all of them at once; `undefined`: they are decoded. */
  decode(prefix: string): Promise<void> | undefined {
    if (this.#entries.size <= DECODED_AT_ONCE) return undefined;
    const waiting: StoredEntry[] = [];
    scanTree(this.#tree, prefix, undefined, (entry) => {
      if (!entry.decoded) waiting.push(entry);
      return true;
    });
    return waiting.length <= DECODED_AT_ONCE ? undefined : decodeInTurns(waiting);
  }

  /** Keeps the present state for lists that continue at `revision`, the cache's revision. */
  freeze(revision: number): void {
    if (this.#frozen.has(revision)) return;
    this.#frozen.set(revision, this.tree.clone());
    if (this.#frozen.size > MAX_FROZEN) this.#frozen.delete(this.#frozen.keys().next().value!);
  }

  /** The state at `revision`, when that is the present one (`now` being the cache's revision) or was frozen. */
  treeAt(revision: number, now: number): EntryTree | undefined {
    if (revision >= this.#changedAt && revision <= now) return this.tree;
    return this.#frozen.get(revision);
  }

  subscribe(subscriber: Subscriber): Disposable {
    this.#subscribers.add(subscriber);
    return { [Symbol.dispose]: () => void this.#subscribers.delete(subscriber) };
  }

  /** Replaces everything, as after a gap in the store's history: watches end, subscribers see the differences. */
  replace(entries: Iterable<readonly [string, StoredEntry]>, revision: number): void {
    const before = new Map(this.#entries);
    this.#entries.clear();
    this.#tree = new BTree<string, StoredEntry>(compareKeys);
    this.#frozen.clear();
    this.#unordered.clear();
    for (const [key, entry] of entries) {
      this.#entries.set(key, entry);
      this.#tree.set(key, entry);
    }
    this.#history = new History(this.#clock, revision);
    this.#changedAt = revision;
    this.counts.initializations++;
    this.counts.initEvents += this.#entries.size;
    for (const watcher of this.watchers.all()) watcher.finish();
    if (this.#subscribers.size === 0) return;
    for (const [key, entry] of this.#entries) {
      const previous = before.get(key);
      before.delete(key);
      if (previous?.revision !== entry.revision) this.#tell(entry, previous);
    }
    for (const previous of before.values()) this.#tell(undefined, previous);
  }

  /** Applies a committed change and hands it to whom it concerns. */
  apply(key: string, next: StoredEntry | undefined, revision: number): void {
    const previous = this.#entries.get(key);
    this.counts.events++;
    if (next) this.#entries.set(key, next);
    else {
      if (!previous) return;
      this.#entries.delete(key);
    }
    this.#unordered.set(key, next);
    if (this.#unordered.size >= MAX_UNORDERED) this.#order();
    this.#changedAt = revision;
    const change: Change = { key, revision, next, previous };
    this.#history.push(change);
    this.#tell(next, previous);
    const delivery = new Delivery(change);
    this.watchers.concerned(change, namespaceOf(key), (watcher: Watcher) => watcher.offer(delivery));
  }

  #order(): void {
    for (const [key, entry] of this.#unordered) {
      if (entry) this.#tree.set(key, entry);
      else this.#tree.delete(key);
    }
    this.#unordered.clear();
  }

  #tell(next: Entry | undefined, previous: Entry | undefined): void {
    for (const subscriber of this.#subscribers) {
      try {
        subscriber(next, previous);
      } catch (error) {
        // One subscriber's fault must not keep the others, or watchers, from hearing of the change.
        this.#log.error('a subscriber of the watch cache failed', errorFields(error));
      }
    }
  }
}
