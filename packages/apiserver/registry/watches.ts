/**
 * WATCH: initial events, resuming from a revision, live changes, bookmarks.
 *
 * Source: the documented semantics of watch and KEP-3157 (watch list).
 */
import { Delivery, transition } from '../cacher/change.ts';
import type { Mirror } from '../cacher/mirror.ts';
import { scanTree } from '../cacher/resource-cache.ts';
import { errorItem, looseItem, initialItem } from '../cacher/watch-item.ts';
import { Watcher, type WatchFilter } from '../cacher/watcher.ts';
import type { Entry, WatchItem } from '../call.ts';
import type { Freshness } from './freshness.ts';
import type { ListQuery } from './list-options.ts';
import { parsePredicate, type Predicate } from './predicate.ts';
import { objectKey, type StoredResource } from './resources.ts';
import type { Clock } from '#base/clock.ts';
import type { Random } from '#base/random.ts';
import { groupVersionText } from '#machinery/kind.ts';
import { partialObjectMetadata } from '#machinery/meta-table.ts';
import { status as statusSchema } from '#machinery/meta.ts';
import { encodeProtobuf } from '#machinery/protobuf/protobuf.ts';
import { expired, tooManyRequests, type StatusError } from '#machinery/status.ts';

/** Initial events are handed over in groups of this size, so that encodings need not exist all at once. */
const INITIAL_CHUNK = 100;

/** A watch without `timeoutSeconds` ends after this to twice this long. Source: apiserver `--min-request-timeout`. */
const MIN_WATCH_MS = 1_800_000;

const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/** What watches work on. */
export interface WatchSource {
  readonly mirror: Mirror;
  readonly freshness: Freshness;
  readonly clock: Clock;
  readonly random: Random;
}

/** The event that ends a watch with a failure. */
export function failureItem(error: StatusError): WatchItem {
  return errorItem(error.toStatus(), (status) => encodeProtobuf(statusSchema, status));
}

function bookmarkItem(resource: StoredResource, revision: number, initialEnd: boolean): WatchItem {
  const { kind } = resource;
  const annotations = initialEnd ? { annotations: { [INITIAL_EVENTS_END]: 'true' } } : {};
  const object = { kind: kind.kind, apiVersion: groupVersionText(kind), metadata: { resourceVersion: String(revision), ...annotations } };
  // Metadata has the same number in every kind, so this is a valid message of each of them.
  return looseItem('BOOKMARK', object, (one) => encodeProtobuf(partialObjectMetadata, one));
}

function* chunks({ view, kind }: StoredResource, entries: readonly Entry[]): Generator<readonly WatchItem[]> {
  const type = { apiVersion: groupVersionText(kind), kind: kind.kind };
  for (let i = 0; i < entries.length; i += INITIAL_CHUNK) {
    yield entries.slice(i, i + INITIAL_CHUNK).map((entry) => initialItem(view.of(entry), type));
  }
}

/** What a watch begins with. */
interface Start {
  readonly initial: Iterable<readonly WatchItem[]>;
  /** Follows the initial events. */
  readonly first: readonly WatchItem[];
}

/** A running watch. */
type Events = AsyncIterable<readonly WatchItem[]>;

const NOTHING: Start = { initial: [], first: [] };

/** Watches of one server. */
export class Watches {
  readonly #source: WatchSource;

  constructor(source: WatchSource) {
    this.#source = source;
  }

  /** Events of the objects in `namespace` (empty: all), or of the one named `name`. Ends when `signal` aborts. */
  watch(
    resource: StoredResource,
    at: { readonly namespace: string; readonly name: string },
    query: ListQuery,
    signal: AbortSignal,
  ): Events | Promise<Events> {
    const { labelSelector, fieldSelector } = query;
    const byName = at.name ? `metadata.name=${at.name}` : '';
    const predicate = parsePredicate(resource.kind, {
      labelSelector,
      fieldSelector: byName && fieldSelector ? `${byName},${fieldSelector}` : byName || fieldSelector,
    });
    const { freshness } = this.#source;
    const waiting = query.revision === undefined ? freshness.newest() : query.sendInitialEvents ? freshness.notOlderThan(query.revision) : undefined;
    const namespace = resource.kind.namespaced && at.namespace ? `${at.namespace}/` : '';
    const events = (): Events => this.#events(resource, { namespace: resource.kind.namespaced ? at.namespace : '', predicate, query }, signal);
    const open = (): Events | Promise<Events> => {
      // A selector is asked about all objects at once.
      const decoding = predicate.matches && (query.sendInitialEvents ?? !query.revision) ? resource.storage.cache.decode(namespace) : undefined;
      return decoding ? decoding.then(events) : events();
    };
    return waiting ? waiting.then(open) : open();
  }

  async *#events(
    resource: StoredResource,
    asked: { readonly namespace: string; readonly predicate: Predicate; readonly query: ListQuery },
    signal: AbortSignal,
  ): AsyncGenerator<readonly WatchItem[], void, undefined> {
    const { query } = asked;
    if (signal.aborted) return;
    // From here to the first yield nothing waits: the start and the watcher see the same state.
    const filter = this.#filter(resource, asked);
    const start = this.#start(resource, filter, query);
    if (!start) {
      const oldest = resource.storage.cache.history.completeAfter;
      yield [failureItem(expired(`too old resource version: ${query.revision} (${oldest})`))];
      return;
    }
    using watcher = this.#open(resource, filter, query);
    const stop = (): void => watcher[Symbol.dispose]();
    signal.addEventListener('abort', stop, { once: true });
    try {
      for (const items of start.initial) {
        if (signal.aborted) return;
        yield items;
      }
      if (start.first.length > 0) yield start.first;
      for (let items = await watcher.take(); items; items = await watcher.take()) yield items;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  #filter(resource: StoredResource, { namespace, predicate }: { readonly namespace: string; readonly predicate: Predicate }): WatchFilter {
    const { matches, name, field } = predicate;
    const converted =
      matches && resource.kind.stored ? (stored: Parameters<typeof matches>[0]) => matches(resource.kind.stored!.fromStored(stored)) : matches;
    return {
      ...(namespace ? { namespace } : {}),
      ...(name !== undefined && (namespace || !resource.kind.namespaced) ? { name } : {}),
      ...(converted ? { matches: converted } : {}),
      ...(field && !resource.kind.stored ? { field } : {}),
    };
  }

  #open(resource: StoredResource, filter: WatchFilter, query: ListQuery): Watcher {
    const { clock, random, mirror } = this.#source;
    const { watchers, counts } = resource.storage.cache;
    const watcher = new Watcher({
      filter,
      view: resource.view,
      clock,
      after: query.revision ?? 0,
      timeoutMs: query.timeoutSeconds ? query.timeoutSeconds * 1_000 : MIN_WATCH_MS * (1 + random.next()),
      bookmark: query.allowBookmarks ? () => bookmarkItem(resource, Math.max(mirror.revision, query.revision ?? 0), false) : undefined,
      tooSlow() {
        counts.slowWatchers++;
        return failureItem(tooManyRequests('the watch was ended because its client does not read fast enough; continue from the last resource version', 1));
      },
      ended: (ending) => watchers.delete(ending),
    });
    watchers.add(watcher);
    return watcher;
  }

  /** `undefined` when the revision is too old. */
  #start(resource: StoredResource, filter: WatchFilter, query: ListQuery): Start | undefined {
    const { revision, sendInitialEvents } = query;
    if (sendInitialEvents ?? !revision) {
      const end = sendInitialEvents && query.allowBookmarks ? [bookmarkItem(resource, this.#source.mirror.revision, true)] : [];
      return { initial: chunks(resource, this.#present(resource, filter)), first: end };
    }
    if (!revision) return NOTHING;
    const changes = resource.storage.cache.history.after(revision);
    if (!changes) return undefined;
    const first: WatchItem[] = [];
    for (const change of changes) {
      if (!concerns(resource, filter, change.key)) continue;
      const type = transition(change, filter.matches);
      if (type) first.push(new Delivery(change).item(type, resource.view));
    }
    return { initial: [], first };
  }

  #present(resource: StoredResource, filter: WatchFilter): Entry[] {
    const { cache } = resource.storage;
    const entries: Entry[] = [];
    const visit = (entry: Entry): boolean => {
      if (!filter.matches || filter.matches(entry.object)) entries.push(entry);
      return true;
    };
    if (filter.name !== undefined) {
      const entry = cache.get(objectKey(resource.kind, filter.namespace ?? '', filter.name));
      if (entry) visit(entry);
    } else scanTree(cache.tree, filter.namespace ? `${filter.namespace}/` : '', undefined, visit);
    return entries;
  }
}

/** Whether an object lies where a watcher looks. */
function concerns(resource: StoredResource, filter: WatchFilter, key: string): boolean {
  if (filter.name !== undefined) return key === objectKey(resource.kind, filter.namespace ?? '', filter.name);
  return filter.namespace === undefined || key.startsWith(`${filter.namespace}/`);
}
