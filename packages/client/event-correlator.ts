/**
 * Decides what becomes of an event before it is sent: a new one, one more of a known one, one for many similar ones, or none (too many).
 *
 * Source: client-go `tools/record` EventCorrelator: aggregation after 10 similar events in 10 minutes, counting by content, and a bucket of
 * 25 events per source and object that refills at one per 5 minutes.
 */
import { Lru } from '#base/lru.ts';
import { TokenBucket } from '#base/token-bucket.ts';
import type { Event } from '#kinds/core/event/schema.ts';
import type { ObjectReference } from '#kinds/core/references.ts';

/** How many keys each of the correlator's memories holds. */
const MAX_KEYS = 4096;
/** Similar events (all but the message equal) after which they become one. */
const MAX_SIMILAR = 10;
const SIMILAR_WITHIN_MS = 600_000;
const SPAM_BURST = 25;
const SPAM_PER_SECOND = 1 / 300;

/** An event before it has a name and times. */
export interface Occurrence {
  readonly about: ObjectReference;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What was sent for a key before. */
export interface Sent {
  readonly name: string;
  readonly count: number;
  readonly firstTimestamp: string;
}

/** What to do with an occurrence; `sent` is what was sent under this key before. */
export type Correlation = { readonly type: 'drop' } | { readonly type: 'send'; readonly key: string; readonly message: string; readonly sent: Sent | undefined };

/** The memory of one recorder. */
export class EventCorrelator {
  readonly #source: string;
  readonly #similar = new Lru<string, { readonly messages: Set<string>; lastMs: number }>(MAX_KEYS);
  readonly #sent = new Lru<string, Sent>(MAX_KEYS);
  readonly #buckets = new Lru<string, TokenBucket>(MAX_KEYS);

  /** `source`: who reports, part of every key. */
  constructor(source: string) {
    this.#source = source;
  }

  /** Judges an occurrence at `nowMs` (monotonic). */
  correlate(occurrence: Occurrence, nowMs: number): Correlation {
    const { about } = occurrence;
    const object = [this.#source, about.kind, about.namespace, about.name, about.uid, about.apiVersion].join('\n');
    const group = [object, occurrence.type, occurrence.reason].join('\n');
    const similar = this.#countSimilar(group, occurrence.message, nowMs);
    const aggregated = similar >= MAX_SIMILAR;
    const message = aggregated ? `(combined from similar events): ${occurrence.message}` : occurrence.message;
    const key = aggregated ? group : [group, about.fieldPath, occurrence.message].join('\n');
    const sent = this.#sent.get(key);
    if (!this.#bucket(object, nowMs).take(nowMs)) return { type: 'drop' };
    return { type: 'send', key, message, sent };
  }

  /** Remembers what was sent for a key. */
  remember(key: string, event: Event): void {
    this.#sent.set(key, { name: event.metadata.name ?? '', count: event.count ?? 1, firstTimestamp: event.firstTimestamp ?? '' });
  }

  /** How many different messages the group has had lately. */
  #countSimilar(group: string, message: string, nowMs: number): number {
    let known = this.#similar.get(group);
    if (!known || nowMs - known.lastMs > SIMILAR_WITHIN_MS) {
      known = { messages: new Set(), lastMs: nowMs };
      this.#similar.set(group, known);
    }
    known.lastMs = nowMs;
    known.messages.add(message);
    const count = known.messages.size;
    if (count >= MAX_SIMILAR) known.messages.delete(message);
    return count;
  }

  #bucket(object: string, nowMs: number): TokenBucket {
    let bucket = this.#buckets.get(object);
    if (!bucket) {
      bucket = new TokenBucket(SPAM_PER_SECOND, SPAM_BURST, nowMs);
      this.#buckets.set(object, bucket);
    }
    return bucket;
  }
}
