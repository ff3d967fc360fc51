/**
 * Between the store's words and etcd's: where in etcd the store's keys lie, and how its revisions are counted.
 *
 *     key        PREFIX/ + key        the slash is there so that /a does not hold what is in /ab
 *     revision   etcd's + offset      offset: 0, or what a restored backup needs so that revisions never go back
 *
 * Bookkeeping lies at PREFIX/ + NUL + name: no key of the store begins with NUL, so no range of the store meets it.
 */
import { prefixEnd } from '../keys.ts';
import type { KeyValue, Revision, StoreEvent, Write } from '../store.ts';
import type { CommittedEvents } from '../watch-hub.ts';
import { COMPARE_EQUAL, COMPARE_MOD_REVISION, EVENT_DELETE, toNumber, type Int64, type Methods, type WireEvent, type WireKeyValue } from './messages.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** As a range's start: the first key of all; as its end: after the last one. As a key it is never written. */
export const ZERO_KEY = Uint8Array.of(0);

/** Before every key of a store and after its bookkeeping. */
const FIRST = '\x01';
const NUL = 0;

/** The leases by which etcd forgets keys, for the writes of one commit that have a time to live. */
export type LeaseOf = (write: Write) => Int64 | undefined;

const NO_LEASE: LeaseOf = () => undefined;

/** A store's part of an etcd. */
export class KeySpace {
  readonly #prefix: string;
  readonly #prefixLength: number;
  readonly #offset: Revision;

  /** `prefix`: begins every key, up to a slash; `offset`: is added to etcd's revisions. */
  constructor(prefix: string, offset: Revision) {
    this.#prefix = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
    this.#prefixLength = encoder.encode(this.#prefix).length;
    this.#offset = offset;
  }

  /** A key's bytes. */
  key(key: string): Uint8Array {
    return encoder.encode(this.#prefix + key);
  }

  /** Where the keys from `key` on begin; empty: all keys. */
  start(key: string): Uint8Array {
    return this.key(key === '' ? FIRST : key);
  }

  /** The end of the range of keys that start with `prefix`. */
  end(prefix: string): Uint8Array {
    const whole = this.#prefix + prefix;
    const end = whole === '' ? undefined : prefixEnd(whole);
    return end === undefined ? ZERO_KEY : encoder.encode(end);
  }

  /** The key of a piece of bookkeeping. */
  own(name: string): Uint8Array {
    return this.key(`\0${name}`);
  }

  /** A revision as the store counts. */
  revision(etcd: Int64): Revision {
    return toNumber(etcd) + this.#offset;
  }

  /** A revision as etcd counts; below 1: before etcd's first commit. */
  toEtcd(revision: Revision): number {
    return revision - this.#offset;
  }

  /** A pair; its value is copied out of the message that it came in. */
  keyValue(kv: WireKeyValue): KeyValue {
    return {
      key: this.#keyOf(kv),
      value: new Uint8Array(kv.value),
      createRevision: this.revision(kv.createRevision),
      modRevision: this.revision(kv.modRevision),
    };
  }

  /** Changes after `after` by commit; etcd never splits a revision between messages. Commits to other keys are there without their events. */
  commits(events: readonly WireEvent[], after: Revision): CommittedEvents[] {
    const commits: { revision: Revision; events: StoreEvent[] }[] = [];
    for (const event of events) {
      const revision = this.revision(event.kv.modRevision);
      if (revision <= after) continue;
      let last = commits.at(-1);
      if (last?.revision !== revision) commits.push((last = { revision, events: [] }));
      if (this.#isOurs(event.kv.key)) last.events.push(this.#event(event));
    }
    return commits;
  }

  /** The transaction of a commit: if all expectations hold, the writes; else what the keys with expectations hold. */
  transaction(writes: readonly Write[], leaseOf = NO_LEASE): Methods['Txn'][0] {
    const expecting = writes.filter((write) => write.expect !== undefined);
    return {
      compare: expecting.map(({ key, expect }) => ({
        result: COMPARE_EQUAL,
        target: COMPARE_MOD_REVISION,
        key: this.key(key),
        // A revision of before a restore is as impossible as a negative one.
        modRevision: expect === 0 ? 0 : this.toEtcd(expect!) || -1,
      })),
      success: writes.map((write) => {
        const key = this.key(write.key);
        if (!write.value) return { requestDeleteRange: { key } };
        const lease = leaseOf(write);
        return { requestPut: lease === undefined ? { key, value: write.value } : { key, value: write.value, lease } };
      }),
      failure: expecting.map(({ key }) => ({ requestRange: { key: this.key(key) } })),
    };
  }

  #event({ type, kv, prevKv }: WireEvent): StoreEvent {
    const previous = prevKv ? this.keyValue(prevKv) : undefined;
    if (type === EVENT_DELETE) return { type: 'delete', key: this.#keyOf(kv), revision: this.revision(kv.modRevision), previous };
    return { type: 'put', kv: this.keyValue(kv), previous };
  }

  #keyOf({ key }: WireKeyValue): string {
    return decoder.decode(this.#prefixLength === 0 ? key : key.subarray(this.#prefixLength));
  }

  #isOurs(key: Uint8Array): boolean {
    if (key.length <= this.#prefixLength || key[this.#prefixLength] === NUL) return false;
    return this.#prefixLength === 0 || decoder.decode(key.subarray(0, this.#prefixLength)) === this.#prefix;
  }
}
