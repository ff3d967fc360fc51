/**
 * Events are forgotten an hour after they were last seen: by the store where it can, else (and where events came from another store) by this.
 *
 * Source: kube-apiserver `--event-ttl`.
 */
import type { StoredEntry } from '../cacher/entry.ts';
import { scanTree } from '../cacher/resource-cache.ts';
import type { Committer } from './committer.ts';
import type { StoredResource } from './resources.ts';
import type { Clock } from '#base/clock.ts';
import { errorFields, type Logger } from '#base/log.ts';
import type { Event } from '#kinds/core/event/schema.ts';
import { StatusError } from '#machinery/status.ts';
import { timeToMs } from '#machinery/time.ts';

/** How long an event is kept. */
export const EVENT_TTL_MS = 3_600_000;

/** What a store that forgets by itself gets to do so. */
const STORE_GRACE_MS = 600_000;

/** How often old events are looked for. */
const SWEEP_MS = 60_000;

/** Deletions of one sweep: a burst of old events goes over several sweeps. */
const MAX_DELETIONS = 5_000;

/** Deletions that run at once. */
const CONCURRENCY = 32;

/** What expiry works with. */
export interface ExpiryOptions {
  readonly events: StoredResource;
  readonly committer: Committer;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether the store forgets events by itself. */
  readonly storeExpires: boolean;
}

/** When an event was last seen. */
export function lastSeenMs({ metadata, lastTimestamp, eventTime, series }: Event): number {
  const times = [metadata.creationTimestamp, lastTimestamp, eventTime, series?.lastObservedTime];
  return Math.max(0, ...times.filter((time) => time !== undefined && time !== '' && time !== null).map((time) => timeToMs(time!)));
}

function expired(events: StoredResource, beforeMs: number): (readonly [string, StoredEntry])[] {
  const found: (readonly [string, StoredEntry])[] = [];
  scanTree(events.storage.cache.tree, '', undefined, (entry, key) => {
    if (lastSeenMs(entry.object as Event) < beforeMs) found.push([key, entry]);
    return found.length < MAX_DELETIONS;
  });
  return found;
}

/** Deletes what is old, once. */
export async function sweepEvents({ events, committer, clock, storeExpires }: ExpiryOptions): Promise<void> {
  const old = expired(events, clock.now() - EVENT_TTL_MS - (storeExpires ? STORE_GRACE_MS : 0));
  const work = async (): Promise<void> => {
    for (let next = old.pop(); next; next = old.pop()) {
      const [key, entry] = next;
      // Whoever changed the event meanwhile has seen it again: it stays.
      await committer.commit({ storage: events.storage, key, entry: null, expect: entry.revision });
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
}

/** Sweeps until `signal` aborts. */
export async function expireEvents(options: ExpiryOptions, signal: AbortSignal): Promise<void> {
  for (;;) {
    await options.clock.sleep(SWEEP_MS, signal);
    try {
      await sweepEvents(options);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      options.log.warn('old events were not deleted', errorFields(error));
    }
  }
}
