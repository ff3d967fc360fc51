import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { commit, shownRange, watched, write } from '../conformance/harness.ts';
import { CompactedError } from '../store.ts';
import { openEtcdStore, restoreEtcdStore } from './etcd-store.ts';
import { startEtcd, type EtcdCluster } from './testing/etcd-process.ts';

const skip = spawnSync('etcd', ['--version']).status !== 0 && 'etcd is not installed';

describe('stores that share an etcd', { skip, timeout: 60_000 }, () => {
  let cluster: EtcdCluster;
  before(async () => {
    cluster = await startEtcd({ members: 1 });
  });
  after(() => cluster[Symbol.asyncDispose]());
  const open = (prefix: string) => openEtcdStore({ endpoints: cluster.endpoints, prefix });

  test('each sees its own keys only, and hears of progress that others make', async () => {
    await using one = await open('/one');
    await using two = await open('/one-and-a-half');
    const start = await one.currentRevision();
    const own = await commit(one, write('/a', '1'));
    const foreign = await commit(two, write('/a', '2'), write('/b', '2'));
    assert.deepEqual(await shownRange(one, ''), [`/a=1@${own}/${own}`]);
    assert.deepEqual(await shownRange(two, ''), [`/a=2@${foreign}/${foreign}`, `/b=2@${foreign}/${foreign}`]);
    const seen = await watched(one, '', start, foreign);
    assert.equal(seen.flatMap((batch) => batch.events).length, 1);
    assert.equal(seen.at(-1)!.revision, foreign);
  });

  test('a key with a time to live goes by itself, unless it is written again', async () => {
    await using store = await open('/ttl');
    const start = await commit(store, { ...write('short', '1'), ttlMs: 1_000 }, { ...write('kept', '1'), ttlMs: 1_000 });
    await commit(store, write('kept', '2'));
    const batches = await watched(store, '', start, start + 2);
    assert.deepEqual(batches.flatMap((batch) => batch.events.map((event) => (event.type === 'delete' ? event.key : 'put'))), ['put', 'short']);
    assert.deepEqual(await shownRange(store, ''), [`kept=2@${start}/${start + 1}`]);
  });

  test('a restored store goes on after the revision it is told, and nothing before can be read', async () => {
    const after = 1_000_000;
    await restoreEtcdStore({ endpoints: cluster.endpoints, prefix: '/restored' }, { after, replace: false }, async (store) => {
      await commit(store, write('/a', '1', 0));
    });
    await using store = await open('/restored');
    const [shown] = await shownRange(store, '');
    assert.match(shown!, /^\/a=1@10000\d\d\/10000\d\d$/);
    const at = Number(shown!.split('/').at(-1));
    assert.ok(at > after);
    assert.ok(store.compactRevision() >= after);
    await assert.rejects(store.snapshot(after - 1), CompactedError);
    await assert.rejects(watched(store, '', after - 1, at), CompactedError);
    const next = await commit(store, write('/a', '2', at));
    assert.equal((await store.commit([write('/a', '3', 5)])).committed, false);
    assert.deepEqual(await shownRange(store, '', at), [`/a=1@${at}/${at}`]);
    await store.compact(next);
    assert.equal(store.compactRevision(), next);
    await using again = await open('/restored');
    assert.equal(again.compactRevision(), next);
    const restoring = (replace: boolean) => restoreEtcdStore({ endpoints: cluster.endpoints, prefix: '/restored' }, { after, replace }, async (store) => void (await commit(store, write('/b', '1', 0))));
    await assert.rejects(restoring(false), /holds 1 keys.*--force/);
    await restoring(true);
    await using replaced = await open('/restored');
    const [only, ...more] = await shownRange(replaced, '');
    assert.deepEqual([only!.slice(0, 4), more], ['/b=1', []]);
    assert.ok((await replaced.currentRevision()) > next + 1_000_000);
    await assert.rejects(replaced.snapshot(next), CompactedError);
  });

  test('a restore that was interrupted is not taken for a store', async () => {
    const failing = restoreEtcdStore({ endpoints: cluster.endpoints, prefix: '/half' }, { after: 10, replace: false }, () => Promise.reject(new Error('the file ends')));
    await assert.rejects(failing, /the file ends/);
    await assert.rejects(open('/half'), /restored into etcd only in part/);
  });
});
