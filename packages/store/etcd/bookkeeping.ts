/**
 * What a store remembers of itself in etcd, beside its keys: that it was restored from a backup, and where its revisions begin since then.
 */
import { StoreUnavailableError, type Revision } from '../store.ts';
import type { CallManner, EtcdClient } from './etcd-client.ts';
import { KeySpace } from './key-space.ts';
import { COMPARE_EQUAL, COMPARE_MOD_REVISION, toNumber } from './messages.ts';

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

/** Reads the origin of the store at `prefix`. */
export async function readOrigin(client: EtcdClient, prefix: string): Promise<Origin> {
  const { kvs } = await client.call('Range', { key: new KeySpace(prefix, PLAIN_SPACE_OFFSET).own(NAME) }, REPEATABLE);
  return kvs[0] ? (JSON.parse(Buffer.from(kvs[0].value).toString()) as Origin) : PLAIN;
}

/**
 * Begins a restore into the empty store at `prefix`: its revisions go on after `after`.
 * @throws StoreUnavailableError when the store has been written to
 */
export async function beginOrigin(client: EtcdClient, prefix: string, after: Revision): Promise<void> {
  const space = new KeySpace(prefix, PLAIN_SPACE_OFFSET);
  const { header, count } = await client.call('Range', { key: space.start(''), rangeEnd: space.end(''), countOnly: true }, REPEATABLE);
  const before = await readOrigin(client, prefix);
  if (toNumber(count) > 0 || before.restoring) {
    const what = before.restoring ? 'half of a backup, whose restoring was interrupted' : `${toNumber(count)} keys`;
    const where = prefix === '' ? 'etcd' : `etcd below ${prefix}`;
    throw new StoreUnavailableError(`${where} holds ${what}: stop every server that uses it and delete them first (etcdctl del --prefix '${prefix}'), or choose another prefix`);
  }
  const now = toNumber(header.revision);
  await write(client, prefix, { offset: Math.max(after - now, 0), oldest: Math.max(after, now), restoring: true });
}

/** Ends a restore: servers may use the store. */
export async function finishOrigin(client: EtcdClient, prefix: string): Promise<void> {
  const { offset, oldest } = await readOrigin(client, prefix);
  await write(client, prefix, { offset, oldest });
}

async function write(client: EtcdClient, prefix: string, origin: Origin): Promise<void> {
  const key = new KeySpace(prefix, PLAIN_SPACE_OFFSET).own(NAME);
  const { kvs } = await client.call('Range', { key }, REPEATABLE);
  const compare = [{ result: COMPARE_EQUAL, target: COMPARE_MOD_REVISION, key, modRevision: kvs[0] ? toNumber(kvs[0].modRevision) : 0 }];
  const value = Buffer.from(JSON.stringify(origin));
  const { succeeded } = await client.call('Txn', { compare, success: [{ requestPut: { key, value } }], failure: [] }, { repeatable: false });
  if (!succeeded) throw new StoreUnavailableError('another program restores into the same etcd: let one of them finish');
}
