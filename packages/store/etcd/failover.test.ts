import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { systemClock } from '#base/clock.ts';
import { assertOrdered, revisionOf, shownRange, write } from '../conformance/harness.ts';
import { CompactedError, StoreUnavailableError, type Revision, type Store, type WatchBatch } from '../store.ts';
import { OutcomeUnknownError } from './etcd-client.ts';
import { openEtcdStore } from './etcd-store.ts';
import { startEtcd } from './testing/etcd-process.ts';

const skip = spawnSync('etcd', ['--version']).status !== 0 && 'etcd is not installed';

/** Commits, again where the outcome is unknown: the value is the same. */
async function commitThrough(store: Store, key: string, text: string): Promise<Revision> {
  for (let attempt = 0; attempt < 20; attempt++) {
    try {
      const result = await store.commit([write(key, text)]);
      assert.ok(result.committed);
      return result.revision;
    } catch (error) {
      assert.ok(error instanceof StoreUnavailableError, String(error));
    }
  }
  return assert.fail('no commit came through');
}

test('each member in turn may die: commits and watches go on', { skip }, async () => {
  await using cluster = await startEtcd({ members: 3 });
  await using store = await openEtcdStore({ endpoints: cluster.endpoints });
  const controller = new AbortController();
  const start = await store.currentRevision();
  const batches: WatchBatch[] = [];
  let last = Infinity;
  const watching = (async () => {
    for await (const batch of store.watch('/k', start, controller.signal)) {
      batches.push(batch);
      if (batch.revision >= last) controller.abort();
    }
  })();
  let revision = 0;
  for (let member = 0; member < 3; member++) {
    await cluster.kill(member);
    for (let i = 0; i < 20; i++) revision = await commitThrough(store, `/k/${member}/${i}`, String(i));
    cluster.restart(member);
    while ((await shownRange(store, '/k')).length < (member + 1) * 20) await systemClock.sleep(10);
  }
  last = revision + 1;
  assert.equal(await commitThrough(store, '/k/end', ''), last);
  await watching;
  assertOrdered(batches, start);
  const revisions = batches.flatMap((batch) => batch.events.map(revisionOf));
  assert.deepEqual(
    revisions,
    Array.from({ length: last - start }, (_, i) => start + 1 + i),
  );
});

test('with no majority, the message says what to check', { skip, timeout: 60_000 }, async () => {
  await using cluster = await startEtcd({ members: 1 });
  await using store = await openEtcdStore({ endpoints: cluster.endpoints });
  await store.commit([write('a', '1')]);
  await cluster.kill(0);
  // The connection may break after the request went out; the next one finds nobody.
  const refused = store.commit([write('a', '2')]).catch((error: unknown) => (error instanceof OutcomeUnknownError ? store.commit([write('a', '2')]) : Promise.reject(error)));
  await assert.rejects(refused, (error) => error instanceof StoreUnavailableError && /does not answer at http:.*majority/.test(error.message));
  cluster.restart(0);
  const revision = await commitThrough(store, 'a', '3');
  assert.deepEqual(await shownRange(store, 'a'), [`a=3@${revision - 1}/${revision}`]);
});

test('a store learns what another server compacted', { skip }, async () => {
  await using cluster = await startEtcd({ members: 1 });
  await using one = await openEtcdStore({ endpoints: cluster.endpoints });
  await using other = await openEtcdStore({ endpoints: cluster.endpoints });
  const start = await one.currentRevision();
  for (let i = 0; i < 10; i++) await one.commit([write('a', String(i))]);
  await one.compact(start + 5);
  assert.equal(other.compactRevision(), 0);
  await assert.rejects(other.snapshot(start + 2), (error) => error instanceof CompactedError && error.compactRevision === start + 5);
  assert.equal(other.compactRevision(), start + 5);
  await using later = await openEtcdStore({ endpoints: cluster.endpoints });
  assert.equal(later.compactRevision(), start + 5);
});

test('commits of several servers meet in every watch', { skip }, async () => {
  await using cluster = await startEtcd({ members: 1 });
  await using one = await openEtcdStore({ endpoints: cluster.endpoints });
  await using other = await openEtcdStore({ endpoints: cluster.endpoints });
  const start = await one.currentRevision();
  const memo = { mine: true };
  const controller = new AbortController();
  const seen: unknown[] = [];
  const watching = (async () => {
    for await (const batch of one.watch('', start, controller.signal)) {
      for (const event of batch.events) seen.push(event.memo);
      if (seen.length === 2) controller.abort();
    }
  })();
  await one.commit([{ ...write('a', '1'), memo }]);
  await other.commit([{ ...write('b', '1'), memo: 'of another process' }]);
  await watching;
  assert.deepEqual(seen, [memo, undefined]);
});
