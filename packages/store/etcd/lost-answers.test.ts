import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { commit, shownRange, write } from '../conformance/harness.ts';
import type { CommitResult, Store, Write } from '../store.ts';
import { openEtcdStore } from './etcd-store.ts';
import { startEtcd, type EtcdCluster } from './testing/etcd-process.ts';
import { startLossyProxy, type LossyProxy } from './testing/lossy-proxy.ts';

const skip = spawnSync('etcd', ['--version']).status !== 0 && 'etcd is not installed';

describe('commits whose answer is lost', { skip, timeout: 60_000 }, () => {
  let cluster: EtcdCluster;
  let proxy: LossyProxy;
  /** Behind the relay that loses answers. */
  let store: Store;
  let other: Store;
  before(async () => {
    cluster = await startEtcd({ members: 1 });
    proxy = await startLossyProxy(cluster.endpoints[0]!);
    store = await openEtcdStore({ endpoints: [proxy.endpoint], prefix: '/lost' });
    other = await openEtcdStore({ endpoints: cluster.endpoints, prefix: '/lost' });
  });
  after(async () => {
    await store[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
    await cluster[Symbol.asyncDispose]();
  });

  /** Commits so that etcd carries it out and the answer never comes; `meanwhile` runs before the connection is found broken. */
  async function committing(writes: readonly Write[], happened: () => Promise<boolean>, meanwhile?: () => Promise<unknown>): Promise<CommitResult> {
    const dropping = proxy.swallowAnswers();
    const result = store.commit(writes);
    await dropping;
    while (!(await happened())) await new Promise((resolve) => setImmediate(resolve));
    await meanwhile?.();
    proxy.cut();
    return result;
  }
  const holds = (key: string, text: string) => async () => (await shownRange(other, key)).some((one) => one?.includes(`=${text}@`));

  test('a create is told as committed, once, at its own revision', async () => {
    const result = await committing([write('a', '1', 0)], holds('a', '1'));
    assert.ok(result.committed);
    assert.deepEqual(await shownRange(other, 'a'), [`a=1@${result.revision}/${result.revision}`]);
    assert.equal(await other.currentRevision(), result.revision);
  });

  test('an update that others have written over was committed all the same', async () => {
    const first = await commit(other, write('b', '1'));
    const result = await committing([write('b', '2', first)], holds('b', '2'), () => other.commit([write('b', '3')]));
    assert.deepEqual(result, { committed: true, revision: first + 1 });
    assert.deepEqual(await shownRange(other, 'b'), [`b=3@${first}/${first + 2}`]);
  });

  test('a deletion is told as committed', async () => {
    const first = await commit(other, write('c', '1'));
    const result = await committing([write('c', null, first)], async () => (await shownRange(other, 'c')).length === 0);
    assert.deepEqual(result, { committed: true, revision: first + 1 });
  });

  test('a create that others have deleted again was committed', async () => {
    const result = await committing([write('d', 'mine', 0)], holds('d', 'mine'), async () => {
      await other.commit([write('d', null)]);
      await other.commit([write('d', 'theirs')]);
    });
    assert.ok(result.committed);
    assert.deepEqual(await shownRange(other, 'd'), [`d=theirs@${result.revision + 2}/${result.revision + 2}`]);
  });

  test('a refusal whose answer is lost is a conflict, not a commit', async () => {
    const first = await commit(other, write('e', 'theirs'));
    const dropping = proxy.swallowAnswers();
    const committed = store.commit([write('e', 'mine', 0)]);
    await dropping;
    proxy.cut();
    const result = await committed;
    assert.ok(!result.committed);
    assert.equal(result.conflicts[0]?.current?.modRevision, first);
  });

  test('a commit that expects nothing is not repeated: its outcome is unknown', async () => {
    const dropping = proxy.swallowAnswers();
    const committed = store.commit([write('f', '1')]);
    await dropping;
    proxy.cut();
    await assert.rejects(committed, /it is unknown whether etcd carried out the commit/);
  });
});
