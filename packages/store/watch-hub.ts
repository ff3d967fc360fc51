/**
 * Hands the commits of an engine in this process to its watchers: first history, at the watcher's pace, then live commits through a bounded buffer.
 *
 *     history  |--- read in pages while far behind ---|--- the rest ---|
 *     live                                            ^ subscribed     |--- buffered, then delivered as they come ->
 */
import { AsyncQueue } from '#base/async-queue.ts';
import { SlowWatcherError, type Revision, type StoreEvent, type WatchBatch } from './store.ts';

/** How many batches wait for a watcher before it is dropped. */
export const DEFAULT_WATCH_BUFFER = 8_192;

/** A watcher without events is told how far the store is at least this often, so that it can resume from there after a compaction. */
const PROGRESS_EVERY_REVISIONS = 256;

/** A watcher this close to the present stops reading at leisure and starts to buffer live commits. */
const NEAR_REVISIONS = 128;

/** One commit with its events. */
export interface CommittedEvents {
  readonly revision: Revision;
  readonly events: readonly StoreEvent[];
}

/** Where an engine keeps the past. */
export interface History {
  /**
   * The changes below `prefix` after `after` up to `until` or an earlier commit, which the batch's `revision` names (always past `after`).
   * @throws CompactedError
   */
  read(prefix: string, after: Revision, until: Revision): WatchBatch | Promise<WatchBatch>;
}

interface Watcher {
  readonly prefix: string;
  readonly queue: AsyncQueue<WatchBatch>;
  /** Everything up to here has been queued. */
  sent: Revision;
}

function keyOf(event: StoreEvent): string {
  return event.type === 'put' ? event.kv.key : event.key;
}

/** The events below `prefix`; `events` itself when that is all of them. */
export function eventsBelow(prefix: string, events: readonly StoreEvent[]): readonly StoreEvent[] {
  return events.every((event) => keyOf(event).startsWith(prefix)) ? events : events.filter((event) => keyOf(event).startsWith(prefix));
}

function merge(batches: readonly WatchBatch[]): WatchBatch {
  if (batches.length === 1) return batches[0]!;
  return { revision: batches.at(-1)!.revision, events: batches.flatMap((batch) => batch.events) };
}

/** The watchers of one store. */
export class WatchHub {
  readonly #buffer: number;
  readonly #watchers = new Set<Watcher>();
  #revision: Revision;
  #lagging = false;
  #ended: { readonly error: Error } | undefined;

  /** `buffer`: how many batches may wait for one watcher. */
  constructor(revision: Revision, buffer: number) {
    this.#revision = revision;
    this.#buffer = buffer;
  }

  /** The newest published revision. */
  get revision(): Revision {
    return this.#revision;
  }

  /** Tells every watcher of commits that follow the last published one; returns without waiting for any of them. */
  publish(commits: readonly CommittedEvents[]): void {
    const last = commits.at(-1);
    if (!last) return;
    this.#revision = last.revision;
    this.#lagging = true;
    for (const watcher of this.#watchers) {
      const events: StoreEvent[] = [];
      for (const commit of commits) {
        if (commit.revision <= watcher.sent) continue;
        for (const event of commit.events) {
          if (keyOf(event).startsWith(watcher.prefix)) events.push(event);
        }
      }
      if (events.length > 0 || last.revision - watcher.sent >= PROGRESS_EVERY_REVISIONS) this.#send(watcher, events);
    }
  }

  /** Tells the watchers that have not heard of the newest revision about it. Called when somebody asks for it: they may be waiting for a watcher to get there. */
  reportProgress(): void {
    if (!this.#lagging) return;
    this.#lagging = false;
    for (const watcher of this.#watchers) {
      if (watcher.sent >= this.#revision) continue;
      // Progress does not fill a buffer up: who is that far behind is told when it is asked for again.
      if (watcher.queue.length <= this.#buffer / 2) this.#send(watcher, []);
      else this.#lagging = true;
    }
  }

  /** Ends all watches, now and later, with `error`. */
  end(error: Error): void {
    this.#ended ??= { error };
    for (const watcher of this.#watchers) watcher.queue.fail(this.#ended.error);
    this.#watchers.clear();
  }

  /** Ends the watches of now with `error`, and goes on at `revision`: what happened before it was missed. */
  interrupt(error: Error, revision: Revision): void {
    for (const watcher of this.#watchers) watcher.queue.fail(error);
    this.#watchers.clear();
    this.#revision = revision;
  }

  /** The changes below `prefix` after `after`; see `Store.watch`. */
  async *watch(history: History, prefix: string, after: Revision, signal: AbortSignal): AsyncGenerator<WatchBatch, void, undefined> {
    let position = after;
    while (!signal.aborted && this.#revision - position > NEAR_REVISIONS) {
      const batch = await history.read(prefix, position, this.#revision);
      position = batch.revision;
      if (!signal.aborted) yield batch;
    }
    if (signal.aborted) return;
    if (this.#ended) throw this.#ended.error;
    const until = this.#revision;
    const watcher: Watcher = { prefix, queue: new AsyncQueue(this.#buffer), sent: Math.max(position, until) };
    const stop = (): void => watcher.queue.close();
    this.#watchers.add(watcher);
    signal.addEventListener('abort', stop, { once: true });
    try {
      while (position < until && !signal.aborted) {
        const batch = await history.read(prefix, position, until);
        position = batch.revision;
        if (!signal.aborted) yield batch;
      }
      while (!signal.aborted) {
        const batches = await watcher.queue.take();
        if (!batches || signal.aborted) return;
        yield merge(batches);
      }
    } finally {
      signal.removeEventListener('abort', stop);
      this.#watchers.delete(watcher);
    }
  }

  #send(watcher: Watcher, events: readonly StoreEvent[]): void {
    watcher.sent = this.#revision;
    if (watcher.queue.push({ revision: this.#revision, events })) return;
    watcher.queue.fail(new SlowWatcherError());
    this.#watchers.delete(watcher);
  }
}
