import type { WatchItem } from '../call.ts';

interface Run {
  readonly items: readonly WatchItem[];
  readonly bytes: Buffer;
}

/** Joins the events that a watcher gets at once; watchers that get the same ones share the bytes. */
export class EventRuns {
  readonly #encode: (item: WatchItem) => Buffer;
  /** By first event: they go when the event does. */
  readonly #runs = new WeakMap<WatchItem, Run>();

  constructor(encode: (item: WatchItem) => Buffer) {
    this.#encode = encode;
  }

  /** The events' encodings behind each other; `items` is not empty. */
  bytes(items: readonly WatchItem[]): Buffer {
    const first = items[0]!;
    if (items.length === 1) return this.#encode(first);
    const known = this.#runs.get(first);
    if (known && isSame(known.items, items)) return known.bytes;
    const bytes = Buffer.concat(items.map(this.#encode));
    this.#runs.set(first, { items, bytes });
    return bytes;
  }
}

function isSame(a: readonly WatchItem[], b: readonly WatchItem[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
