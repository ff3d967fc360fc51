/**
 * GET of one object and LIST, from memory.
 *
 * Source: the documented semantics of `resourceVersion`, `resourceVersionMatch`, `limit` and `continue`.
 */
import type { CacheCounts } from '../cacher/cache-counts.ts';
import { StoredEntry } from '../cacher/entry.ts';
import type { Mirror } from '../cacher/mirror.ts';
import { scanTree, type EntryTree } from '../cacher/resource-cache.ts';
import type { Entry } from '../call.ts';
import { ANY_REVISION, decodeContinue, encodeContinue } from './continue-token.ts';
import type { Freshness } from './freshness.ts';
import type { ListQuery } from './list-options.ts';
import { parsePredicate, type Predicate } from './predicate.ts';
import { objectKey, type StoredResource } from './resources.ts';
import { expired, notFound, StatusError } from '#machinery/status.ts';
import { prefixEnd } from '#store/keys.ts';
import { CompactedError, FutureRevisionError, type Store } from '#store/store.ts';

/** What reads work on. */
export interface ReadSource {
  readonly mirror: Mirror;
  readonly store: Store;
  readonly freshness: Freshness;
}

/** A page of a list. */
export interface Page {
  readonly entries: readonly Entry[];
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string; readonly remainingItemCount?: number };
}

/** Keys read from the store at once for lists at revisions that are no longer in memory. */
const STORE_PAGE = 500;

const CONTINUE_EXPIRED =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

const VERSION_EXPIRED = 'The resourceVersion for the provided list is too old.';

/** The object now in the cache. @throws StatusError NotFound */
export function current(resource: StoredResource, namespace: string, name: string): StoredEntry {
  const entry = resource.storage.cache.get(objectKey(resource.kind, namespace, name));
  if (!entry) throw notFound(resource.groupResource, name);
  return entry;
}

/** A walk over the objects that a list may show. */
interface Walk {
  readonly predicate: Predicate;
  readonly limit: number;
  /** Begin after this key. */
  readonly after: string | undefined;
}

/** Collects entries until the limit; remembers where the page ends and whether more follow. */
class Collector {
  readonly entries: Entry[] = [];
  more = false;
  /** Objects looked at. */
  fetched = 0;
  lastKey = '';
  readonly #walk: Walk;
  readonly #resource: StoredResource;

  constructor(resource: StoredResource, walk: Walk) {
    this.#resource = resource;
    this.#walk = walk;
  }

  /** Whether what follows the page can be counted without looking at it. */
  get countable(): boolean {
    return this.more && !this.#walk.predicate.matches;
  }

  /** Whether the walk goes on. */
  readonly visit = (stored: StoredEntry, key: string): boolean => {
    const { limit, after, predicate } = this.#walk;
    this.fetched++;
    if (key === after) return true;
    if (predicate.name !== undefined && stored.object.metadata.name !== predicate.name) return true;
    const entry = this.#resource.view.of(stored);
    if (predicate.matches && !predicate.matches(entry.object)) return true;
    if (limit > 0 && this.entries.length === limit) {
      this.more = true;
      return false;
    }
    this.entries.push(entry);
    this.lastKey = key;
    return true;
  };
}

function count(lists: CacheCounts['lists'], { fetched, entries }: Collector): void {
  lists.count++;
  lists.fetched += fetched;
  lists.returned += entries.length;
}

/** How many objects follow the page; unknown where a selector would have to be asked. */
function remainingIn(tree: EntryTree, prefix: string, collector: Collector): number | undefined {
  if (!collector.countable) return undefined;
  const end = prefix === '' ? undefined : prefixEnd(prefix);
  return (end === undefined ? tree.size : tree.rank(end)) - tree.rank(collector.lastKey) - 1;
}

function page(collector: Collector, at: { readonly prefix: string; readonly revision: number }, remainingItemCount: number | undefined): Page {
  const resourceVersion = String(at.revision);
  if (!collector.more) return { entries: collector.entries, metadata: { resourceVersion } };
  const token = encodeContinue({ revision: at.revision, after: collector.lastKey.slice(at.prefix.length) });
  const remaining = remainingItemCount === undefined ? {} : { remainingItemCount };
  return { entries: collector.entries, metadata: { resourceVersion, continue: token, ...remaining } };
}

/** Lists of one server. */
export class Lists {
  readonly #source: ReadSource;

  constructor(source: ReadSource) {
    this.#source = source;
  }

  /** A page of the objects in `namespace` (empty: all). Synchronous when it comes from memory. */
  list(resource: StoredResource, namespace: string, query: ListQuery): Page | Promise<Page> {
    const predicate = parsePredicate(resource.kind, query);
    const prefix = namespace && resource.kind.namespaced ? `${namespace}/` : '';
    if (query.continue) return this.#continue(resource, prefix, query, predicate);
    // Any state will do, and the limit is ignored, as in the original.
    if (query.revision === 0) return this.#now(resource, prefix, { predicate, limit: 0, after: undefined });
    const walk: Walk = { predicate, limit: query.limit, after: undefined };
    if (query.revision === undefined) {
      const waiting = this.#source.freshness.newest();
      return waiting ? waiting.then(() => this.#now(resource, prefix, walk)) : this.#now(resource, prefix, walk);
    }
    const exact = query.match === 'Exact' || (query.match === undefined && query.limit > 0);
    const waiting = this.#source.freshness.notOlderThan(query.revision);
    const answer = (): Page | Promise<Page> => (exact ? this.#at(resource, prefix, query.revision!, walk) : this.#now(resource, prefix, walk));
    return waiting ? waiting.then(answer) : answer();
  }

  /** The present state, once all that a selector asks about is decoded. */
  #now(resource: StoredResource, prefix: string, walk: Walk): Page | Promise<Page> {
    const decoding = walk.predicate.matches && resource.storage.cache.decode(prefix);
    return decoding ? decoding.then(() => this.#page(resource, prefix, walk)) : this.#page(resource, prefix, walk);
  }

  #page(resource: StoredResource, prefix: string, walk: Walk): Page {
    const { cache } = resource.storage;
    const { revision } = this.#source.mirror;
    const collector = new Collector(resource, walk);
    const { name } = walk.predicate;
    if (name !== undefined && (prefix !== '' || !resource.kind.namespaced)) {
      const entry = cache.get(prefix + name);
      if (entry) collector.visit(entry, prefix + name);
    } else scanTree(cache.tree, prefix, walk.after, collector.visit);
    if (collector.more) cache.freeze(revision);
    count(cache.counts.lists, collector);
    return page(collector, { prefix, revision }, remainingIn(cache.tree, prefix, collector));
  }

  /** The state at a revision that may be past. */
  #at(resource: StoredResource, prefix: string, revision: number, walk: Walk): Page | Promise<Page> {
    // What has been compacted is gone, also where memory would still have it: clients count on lists to end at some time.
    const gone = revision < this.#source.store.compactRevision();
    const tree = gone ? undefined : resource.storage.cache.treeAt(revision, this.#source.mirror.revision);
    if (!tree) return this.#fromStore(resource, prefix, revision, walk);
    const collector = new Collector(resource, walk);
    scanTree(tree, prefix, walk.after, collector.visit);
    if (collector.more) resource.storage.cache.freeze(revision);
    count(resource.storage.cache.counts.lists, collector);
    return page(collector, { prefix, revision }, remainingIn(tree, prefix, collector));
  }

  async #continue(resource: StoredResource, prefix: string, query: ListQuery, predicate: Predicate): Promise<Page> {
    const { revision, after } = decodeContinue(query.continue);
    const walk: Walk = { predicate, limit: query.limit, after: prefix + after };
    if (revision === ANY_REVISION) {
      await this.#source.freshness.newest();
      return this.#now(resource, prefix, walk);
    }
    await this.#source.freshness.notOlderThan(revision);
    try {
      return await this.#at(resource, prefix, revision, walk);
    } catch (error) {
      if (!(error instanceof CompactedError)) throw error;
      const metadata = { continue: encodeContinue({ revision: ANY_REVISION, after }) };
      throw new StatusError({ code: 410, reason: 'Expired', message: CONTINUE_EXPIRED, metadata });
    }
  }

  async #fromStore(resource: StoredResource, prefix: string, revision: number, walk: Walk): Promise<Page> {
    const { storage } = resource;
    try {
      using snapshot = await this.#source.store.snapshot(revision);
      const collector = new Collector(resource, walk);
      let from = walk.after === undefined ? undefined : storage.prefix + walk.after;
      for (let more = true; more && !collector.more;) {
        const page = await snapshot.range(storage.prefix + prefix, { limit: STORE_PAGE, ...(from === undefined ? {} : { from }) });
        for (const kv of page.items) {
          if (kv.key === from) continue;
          if (!collector.visit(StoredEntry.read(storage.cache.codec, kv.value, kv.modRevision), kv.key.slice(storage.prefix.length))) break;
        }
        more = page.more;
        from = page.items.at(-1)?.key;
      }
      count(storage.cache.counts.storeLists, collector);
      const remaining = collector.countable ? (await snapshot.count(storage.prefix + prefix, storage.prefix + collector.lastKey)) - 1 : undefined;
      return page(collector, { prefix, revision }, remaining);
    } catch (error) {
      if (error instanceof CompactedError && walk.after === undefined) throw expired(VERSION_EXPIRED);
      if (error instanceof FutureRevisionError) await this.#source.freshness.notOlderThan(revision);
      throw error;
    }
  }
}
