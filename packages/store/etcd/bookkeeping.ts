/**
 * What a store remembers of itself in etcd, beside its keys: that it was restored from a backup, and where its revisions begin since then.
 */
import { StoreUnavailableError, type Revision } from '../store.ts';
import type { CallManner, EtcdClient } from './etcd-client.ts';
import { KeySpace } from './key-space.ts';
import { COMPARE_EQUAL, COMPARE_MOD_REVISION, toNumber, type RequestOp } from './messages.ts';

const NAME = 'origin';
const REPEATABLE: CallManner = { repeatable: true };

/** Where a store's revisions begin. */
export interface Origin {
  /** What is added to etcd's revisions. */
  readonly offset: Revision;
  /** Nothing before this revision can be read. */
  readonly oldest: Revision;
  /** Set while a backup is being read into the store. */
  readonly restoring?: boolean;
}

const PLAIN: Origin = { offset: 0, oldest: 0 };
const PLAIN_SPACE_OFFSET = 0;
/** Revisions left out when a store is replaced: more than what can be committed between looking and replacing. */
const PRESENT_MARGIN = 1_000_000;

/** Reads the origin of the store at `prefix`. */
export async function readOrigin(client: EtcdClient, prefix: string): Promise<Origin> {
  const { kvs } = await client.call('Range', { key: new KeySpace(prefix, PLAIN_SPACE_OFFSET).own(NAME) }, REPEATABLE);
  return kvs[0] ? (JSON.parse(Buffer.from(kvs[0].value).toString()) as Origin) : PLAIN;
}

/** How a restore begins. */
export interface RestoreStart {
  /** The store's revisions go on after this one. */
  readonly after: Revision;
  /** Whether what is there is deleted; else the store must be empty. */
  readonly replace: boolean;
}

/**
 * Begins a restore into the store at `prefix`.
 * @throws StoreUnavailableError when the store has been written to, and is not to be replaced
 */
export async function beginOrigin(client: EtcdClient, prefix: string, { after, replace }: RestoreStart): Promise<void> {
  const space = new KeySpace(prefix, PLAIN_SPACE_OFFSET);
  const all = { key: space.start(''), rangeEnd: space.end('') };
  const { header, count } = await client.call('Range', { ...all, countOnly: true }, REPEATABLE);
  const before = await readOrigin(client, prefix);
  const keys = toNumber(count);
  if (!replace && (keys > 0 || before.restoring)) {
    const what = before.restoring ? 'half of a backup, whose restoring was interrupted' : `${keys} keys`;
    throw new StoreUnavailableError(`${prefix === '' ? 'etcd' : `etcd below ${prefix}`} holds ${what}: stop every server that uses it and say --force to put the backup in their place, or choose another prefix`);
  }
  const now = toNumber(header.revision);
  // Clients may have seen what is there now, too.
  const next = Math.max(after, keys > 0 ? now + before.offset + PRESENT_MARGIN : 0);
  const clear: RequestOp[] = keys > 0 ? [{ requestDeleteRange: all }] : [];
  await write(client, prefix, { offset: Math.max(next - now, 0), oldest: Math.max(next, now), restoring: true }, clear);
}

/** Ends a restore: servers may use the store. */
export async function finishOrigin(client: EtcdClient, prefix: string): Promise<void> {
  const { offset, oldest } = await readOrigin(client, prefix);
  await write(client, prefix, { offset, oldest });
}

async function write(client: EtcdClient, prefix: string, origin: Origin, first: readonly RequestOp[] = []): Promise<void> {
  const key = new KeySpace(prefix, PLAIN_SPACE_OFFSET).own(NAME);
  const { kvs } = await client.call('Range', { key }, REPEATABLE);
  const compare = [{ result: COMPARE_EQUAL, target: COMPARE_MOD_REVISION, key, modRevision: kvs[0] ? toNumber(kvs[0].modRevision) : 0 }];
  const value = Buffer.from(JSON.stringify(origin));
  const { succeeded } = await client.call('Txn', { compare, success: [...first, { requestPut: { key, value } }], failure: [] }, { repeatable: false });
  if (!succeeded) throw new StoreUnavailableError('another program restores into the same etcd: let one of them finish');
}
