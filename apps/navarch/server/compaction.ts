/**
 * Forgets old versions of objects, so that the store does not grow for ever.
 *
 * Source: kube-apiserver compacts every five minutes what is older than five minutes.
 */
import type { Clock } from '#base/clock.ts';
import type { Logger } from '#base/log.ts';
import type { Store } from '#store/store.ts';

const INTERVAL_MS = 300_000;

/** Compacts until `signal` aborts. */
export async function runCompaction(store: Store, clock: Clock, log: Logger, signal: AbortSignal): Promise<void> {
  let previous = await store.currentRevision();
  for (;;) {
    await clock.sleep(INTERVAL_MS, signal);
    const current = await store.currentRevision();
    if (previous > 0) await store.compact(previous);
    log.debug('store compacted', { revision: previous, sizeBytes: await store.sizeBytes() });
    previous = current;
  }
}
