/**
 * Remembers the memos of this process's own writes until etcd tells of them.
 */
import type { StoreEvent, Write } from '../store.ts';

/** How many memos wait at most; beyond that the oldest is forgotten and its object decoded again. */
const MAX_MEMOS = 10_000;

interface Waiting {
  readonly write: Write;
}

/** Memos by key; matched by bytes, because an event may arrive before the answer that names its revision. */
export class Memos {
  readonly #waiting = new Map<string, Waiting[]>();
  #count = 0;

  /** Remembers the memos of `writes`, which are about to be sent. */
  expect(writes: readonly Write[]): void {
    for (const write of writes) {
      if (write.memo === undefined) continue;
      const list = this.#waiting.get(write.key);
      if (list) list.push({ write });
      else this.#waiting.set(write.key, [{ write }]);
      this.#count++;
    }
    for (const key of this.#waiting.keys()) {
      if (this.#count <= MAX_MEMOS) break;
      this.#count -= this.#waiting.get(key)!.length;
      this.#waiting.delete(key);
    }
  }

  /** Forgets the memos of `writes`, which were refused. */
  forget(writes: readonly Write[]): void {
    for (const write of writes) this.#remove(write.key, (waiting) => waiting.write === write);
  }

  /** `event` with the memo of the write that caused it, if that was one of ours. */
  attach(event: StoreEvent): StoreEvent {
    const key = event.type === 'put' ? event.kv.key : event.key;
    const value = event.type === 'put' ? event.kv.value : null;
    const waiting = this.#remove(key, ({ write }) => sameBytes(write.value, value));
    return waiting ? { ...event, memo: waiting.write.memo } : event;
  }

  #remove(key: string, matches: (waiting: Waiting) => boolean): Waiting | undefined {
    const list = this.#waiting.get(key);
    const at = list?.findIndex(matches) ?? -1;
    if (!list || at < 0) return undefined;
    const [removed] = list.splice(at, 1);
    this.#count--;
    if (list.length === 0) this.#waiting.delete(key);
    return removed;
  }
}

function sameBytes(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : Buffer.compare(a, b) === 0;
}
