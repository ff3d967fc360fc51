/**
 * Reads a backup into an empty store.
 */
import { readBackup, type BackupEntry } from './backup.ts';
import type { Revision, Store } from './store.ts';

/**
 * How far a restored store's revisions lie beyond the backup's: more than what can have been committed since, so that no client has seen a revision of the new store.
 * Clients that watch from an old revision are told that it is gone, and begin anew.
 *
 * Source: etcd's `--bump-revision`, whose advice is this number.
 */
const BUMP_REVISIONS = 1_000_000_000;

/** Etcd takes 128 writes and 1.5 MB at once. */
const BATCH_WRITES = 100;
const BATCH_BYTES = 512 * 1_024;
const COMMITS_AT_ONCE = 8;

/** The revision after which a store goes on that gets a backup made at `revision`. */
export function restoredAfter(revision: Revision): Revision {
  return revision + BUMP_REVISIONS;
}

async function* batches(source: AsyncIterable<Uint8Array>): AsyncGenerator<BackupEntry[], void, undefined> {
  let batch: BackupEntry[] = [];
  let bytes = 0;
  for await (const item of readBackup(source)) {
    if (!('key' in item)) continue;
    if (batch.length > 0 && (batch.length === BATCH_WRITES || bytes + item.value.length > BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(item);
    bytes += item.value.length;
  }
  if (batch.length > 0) yield batch;
}

/**
 * Writes all entries of a backup into `store`, which must have none of the keys.
 * @throws BackupError, StoreUnavailableError, Error when a key is there already
 */
export async function loadBackup(store: Store, source: AsyncIterable<Uint8Array>): Promise<void> {
  const entries = batches(source);
  const work = async (): Promise<void> => {
    for (;;) {
      const { value: batch, done } = await entries.next();
      if (done) return;
      const result = await store.commit(batch.map(({ key, value }) => ({ key, value, expect: 0 })));
      if (!result.committed) throw new Error(`the store is not empty: it has ${batch[result.conflicts[0]!.index]!.key}`);
    }
  };
  await Promise.all(Array.from({ length: COMMITS_AT_ONCE }, work));
}
