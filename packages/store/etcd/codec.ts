/**
 * Between the store's words and etcd's.
 */
import { prefixEnd } from '../keys.ts';
import type { KeyValue, Revision, StoreEvent, Write } from '../store.ts';
import type { CommittedEvents } from '../watch-hub.ts';
import { COMPARE_EQUAL, COMPARE_MOD_REVISION, EVENT_DELETE, toNumber, type Methods, type WireEvent, type WireKeyValue } from './messages.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** As a range's start: the first key; as its end: after the last key. As a key it is never written. */
export const ZERO_KEY = Uint8Array.of(0);

/** A key's bytes. */
export function encodeKey(key: string): Uint8Array {
  return key === '' ? ZERO_KEY : encoder.encode(key);
}

/** The end of the range of keys that start with `prefix`. */
export function encodeEnd(prefix: string): Uint8Array {
  return encodeKey(prefixEnd(prefix) ?? '');
}

/** A pair; its value is copied out of the message that it came in. */
export function decodeKeyValue(kv: WireKeyValue): KeyValue {
  return {
    key: decoder.decode(kv.key),
    value: new Uint8Array(kv.value),
    createRevision: toNumber(kv.createRevision),
    modRevision: toNumber(kv.modRevision),
  };
}

/** A change. */
export function decodeEvent({ type, kv, prevKv }: WireEvent): StoreEvent {
  const previous = prevKv ? decodeKeyValue(prevKv) : undefined;
  if (type === EVENT_DELETE) return { type: 'delete', key: decoder.decode(kv.key), revision: toNumber(kv.modRevision), previous };
  return { type: 'put', kv: decodeKeyValue(kv), previous };
}

/** Changes after `after` by commit; etcd never splits a revision between messages. */
export function decodeCommits(events: readonly WireEvent[], after: Revision): CommittedEvents[] {
  const commits: { revision: Revision; events: StoreEvent[] }[] = [];
  for (const event of events) {
    const revision = toNumber(event.kv.modRevision);
    if (revision <= after) continue;
    const last = commits.at(-1);
    if (last?.revision === revision) last.events.push(decodeEvent(event));
    else commits.push({ revision, events: [decodeEvent(event)] });
  }
  return commits;
}

/** The transaction of a commit: if all expectations hold, the writes; else what the keys with expectations hold. */
export function encodeCommit(writes: readonly Write[]): Methods['Txn'][0] {
  const expecting = writes.filter((write) => write.expect !== undefined);
  return {
    compare: expecting.map(({ key, expect }) => ({ result: COMPARE_EQUAL, target: COMPARE_MOD_REVISION, key: encodeKey(key), modRevision: expect! })),
    success: writes.map(({ key, value }) =>
      value ? { requestPut: { key: encodeKey(key), value } } : { requestDeleteRange: { key: encodeKey(key) } },
    ),
    failure: expecting.map(({ key }) => ({ requestRange: { key: encodeKey(key) } })),
  };
}
