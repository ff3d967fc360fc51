/**
 * One watch: a filter, a bounded buffer, a clock for bookmarks and the end.
 */
import type { WatchItem } from '../call.ts';
import { transition, type Delivery, type View } from './change.ts';
import type { Clock, Timer } from '#base/clock.ts';
import type { KubeObject } from '#machinery/kind.ts';

/** How many events may wait for a client before its watch is ended; a client that is behind by this much is better off starting again from what it has. */
export const WATCH_BUFFER_EVENTS = 4_096;

/** How often a quiet watch is told how far it is. Source: apiserver `storage/cacher`. */
const BOOKMARK_MS = 60_000;

/** A bookmark is also sent this long before the watch times out. */
const BOOKMARK_BEFORE_END_MS = 2_000;

/** What a watcher wants to see. */
export interface WatchFilter {
  readonly namespace?: string;
  readonly name?: string;
  /** Selectors and the like; absent: everything. */
  readonly matches?: (object: KubeObject) => boolean;
  /** A field that must have this text: lets the cache find the watcher without asking it. */
  readonly field?: { readonly label: string; readonly value: string };
}

/** What a watcher is made of. */
export interface WatcherOptions {
  readonly filter: WatchFilter;
  readonly view: View;
  readonly clock: Clock;
  /** What the client has seen: a server that is behind it tells nothing of the changes up to here again; default 0. */
  readonly after?: number;
  /** Ends the watch after this long; absent: never. */
  readonly timeoutMs: number | undefined;
  /** Makes a bookmark at the cache's revision; absent: the client wants none. */
  readonly bookmark: (() => WatchItem) | undefined;
  /** Made when the buffer is full. */
  readonly tooSlow: () => WatchItem;
  /** Called once when the watch has ended. */
  readonly ended: (watcher: Watcher) => void;
}

/** A subscription to one resource. The cache offers changes; one consumer takes items. */
export class Watcher implements Disposable {
  readonly filter: WatchFilter;
  readonly #options: WatcherOptions;
  readonly #deadlineMs: number;
  readonly #after: number;
  #items: WatchItem[] = [];
  #wake: (() => void) | undefined;
  #state: 'open' | 'draining' | 'ended' = 'open';
  #timer: Timer | undefined;
  #lastBookmark = false;

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.filter = options.filter;
    this.#after = options.after ?? 0;
    this.#deadlineMs = options.timeoutMs === undefined ? Infinity : options.clock.monotonicMs() + options.timeoutMs;
    this.#arm();
  }

  /** Adds what the watcher is to know of a change. */
  offer(delivery: Delivery): void {
    if (this.#state !== 'open' || delivery.change.revision <= this.#after) return;
    const type = transition(delivery.change, this.filter.matches);
    if (type) this.push(delivery.item(type, this.#options.view));
  }

  /** Adds an item; a full buffer ends the watch instead. */
  push(item: WatchItem): void {
    if (this.#state !== 'open') return;
    if (this.#items.length >= WATCH_BUFFER_EVENTS) {
      this.finish(this.#options.tooSlow());
      return;
    }
    this.#items.push(item);
    this.#notify();
  }

  /** Ends the watch after what waits and a last item. */
  finish(last?: WatchItem): void {
    if (this.#state !== 'open') return;
    if (last) this.#items.push(last);
    this.#leave('draining');
  }

  /** Everything that waits, as soon as there is something; `undefined` after the end. */
  async take(): Promise<readonly WatchItem[] | undefined> {
    if (this.#items.length === 0 && this.#state === 'open') {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#items.length === 0) return undefined;
    const items = this.#items;
    this.#items = [];
    return items;
  }

  /** The client has gone: what waits is dropped. */
  [Symbol.dispose](): void {
    this.#items = [];
    if (this.#state === 'open') this.#leave('ended');
    else this.#state = 'ended';
  }

  #leave(state: 'draining' | 'ended'): void {
    this.#state = state;
    this.#timer?.cancel();
    this.#options.ended(this);
    this.#notify();
  }

  #notify(): void {
    const wake = this.#wake;
    if (!wake) return;
    this.#wake = undefined;
    wake();
  }

  /** Sets the timer for whatever comes first: the end, the bookmark before it, the next bookmark. */
  #arm(): void {
    const { clock, bookmark } = this.#options;
    const leftMs = this.#deadlineMs - clock.monotonicMs();
    const untilLastMs = leftMs - BOOKMARK_BEFORE_END_MS;
    if (!bookmark || this.#lastBookmark || untilLastMs <= 0) {
      if (leftMs !== Infinity) this.#timer = clock.after(Math.max(leftMs, 0), () => this.finish());
      return;
    }
    const last = untilLastMs <= BOOKMARK_MS;
    this.#timer = clock.after(last ? untilLastMs : BOOKMARK_MS, () => {
      this.#lastBookmark = last;
      this.push(bookmark());
      if (this.#state === 'open') this.#arm();
    });
  }
}
