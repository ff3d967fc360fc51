/**
 * Knows when something last changed in a store, heartbeats apart.
 */
import type { Clock } from '#base/clock.ts';
import type { Store, StoreEvent } from '#store/store.ts';

/** Leases are renewed for ever, events of the past expire; everything else that changes means that somebody is at work. */
const isWork = (event: StoreEvent): boolean => (event.type === 'put' ? !event.kv.key.startsWith('/registry/coordination.k8s.io/leases/') : !event.key.startsWith('/registry/core/events/'));

/** Follows a store until disposed. */
export class ChangeMonitor implements Disposable {
  readonly #stop = new AbortController();
  /** When something last changed, in the clock's monotonic time. */
  lastMs: number;
  /** What it was. */
  lastKey = '';

  constructor(store: Store, clock: Clock) {
    this.lastMs = clock.monotonicMs();
    void this.#follow(store, clock);
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
  }

  async #follow(store: Store, clock: Clock): Promise<void> {
    const { signal } = this.#stop;
    for (let after = await store.currentRevision(); !signal.aborted; after = await store.currentRevision()) {
      try {
        for await (const { events } of store.watch('/registry/', after, signal)) {
          const event = events.findLast(isWork);
          if (!event) continue;
          this.lastMs = clock.monotonicMs();
          this.lastKey = event.type === 'put' ? event.kv.key : event.key;
        }
      } catch {
        // Too slow for the store, or the store is closed: what was missed counts as a change.
        this.lastMs = clock.monotonicMs();
        if (signal.aborted) return;
      }
    }
  }
}
