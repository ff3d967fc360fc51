/**
 * How long a container that keeps ending must wait before it starts again.
 *
 * Source: kubernetes `client-go/util/flowcontrol` Backoff as the kubelet uses it: 10 s doubling to 300 s, forgotten after 10 quiet minutes.
 */

const FIRST_MS = 10_000;
const LONGEST_MS = 300_000;
const FORGET_AFTER_MS = 2 * LONGEST_MS;

interface Entry {
  readonly delayMs: number;
  readonly updatedAtMs: number;
}

/** Delays by key. Bounded by the number of keys: forget what is gone. */
export class CrashBackoff {
  readonly #entries = new Map<string, Entry>();

  /** Milliseconds left to wait after an end at `endedAtMs`; 0 when it may start now. */
  remainingMs(key: string, endedAtMs: number, nowMs: number): number {
    const entry = this.#entries.get(key);
    if (!entry || endedAtMs - entry.updatedAtMs > FORGET_AFTER_MS) return 0;
    return Math.max(0, endedAtMs + entry.delayMs - nowMs);
  }

  /** The delay that applies now, for messages. */
  delayMs(key: string): number {
    return this.#entries.get(key)?.delayMs ?? 0;
  }

  /** Counts a start after an end at `endedAtMs`: the next one waits longer. */
  started(key: string, endedAtMs: number, nowMs: number): void {
    const entry = this.#entries.get(key);
    const fresh = !entry || endedAtMs - entry.updatedAtMs > FORGET_AFTER_MS;
    this.#entries.set(key, { delayMs: fresh ? FIRST_MS : Math.min(entry.delayMs * 2, LONGEST_MS), updatedAtMs: nowMs });
  }

  /** Drops every key with this prefix. */
  forget(prefix: string): void {
    for (const key of this.#entries.keys()) if (key.startsWith(prefix)) this.#entries.delete(key);
  }
}

/** A delay as messages show it: `10s`, `1m20s`. */
export function delayText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  return minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`;
}
