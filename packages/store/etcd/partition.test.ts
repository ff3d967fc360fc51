import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { systemClock } from '#base/clock.ts';
import { assertOrdered, revisionOf, write } from '../conformance/harness.ts';
import { StoreUnavailableError, type Store, type WatchBatch } from '../store.ts';
import { openEtcdStore } from './etcd-store.ts';
import { startEtcd } from './testing/etcd-process.ts';

const skip = spawnSync('etcd', ['--version']).status !== 0 && 'etcd is not installed';

const COUNTER = '/counter';
/** How long each member hangs: longer than an election, shorter than until its connections are known to be dead. */
const HANG_MS = 3_000;

/** Adds one to the counter until told to stop; counts what was acknowledged and what ended without an answer. */
async function increment(store: Store, name: string, signal: AbortSignal): Promise<{ acknowledged: number; unknown: number }> {
  const done = { acknowledged: 0, unknown: 0 };
  while (!signal.aborted) {
    try {
      using snapshot = await store.snapshot();
      const held = await snapshot.get(COUNTER);
      const value = held ? Number(new TextDecoder().decode(held.value).split(' ')[0]) : 0;
      // What is written names its writer: equal bytes of two writers would hide a commit that happened twice.
      const result = await store.commit([write(COUNTER, `${value + 1} ${name}`, held?.modRevision ?? 0)]);
      if (result.committed) done.acknowledged++;
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      done.unknown++;
    }
  }
  return done;
}

test('members hang one after the other: acknowledged writes happen exactly once, and reads are never stale', { skip, timeout: 120_000 }, async () => {
  await using cluster = await startEtcd({ members: 3 });
  await using one = await openEtcdStore({ endpoints: cluster.endpoints });
  await using other = await openEtcdStore({ endpoints: cluster.endpoints.toReversed() });
  const start = await one.currentRevision();
  const writing = new AbortController();
  const watching = new AbortController();
  const batches: WatchBatch[] = [];
  let last = Infinity;
  const watched = (async () => {
    for await (const batch of one.watch(COUNTER, start, watching.signal)) {
      batches.push(batch);
      if (batch.revision >= last) watching.abort();
    }
  })();
  const writers = [increment(one, 'one', writing.signal), increment(other, 'other', writing.signal)];
  for (let member = 0; member < 3; member++) {
    cluster.pause(member);
    await systemClock.sleep(HANG_MS);
    // What one store has been told of, the other reads at once.
    const key = `/seen/${member}`;
    const result = await one.commit([write(key, 'x', 0)]);
    assert.ok(result.committed);
    using snapshot = await other.snapshot();
    assert.ok(snapshot.revision >= result.revision);
    assert.equal((await snapshot.get(key))?.modRevision, result.revision);
    cluster.resume(member);
    await systemClock.sleep(HANG_MS / 3);
  }
  writing.abort();
  const results = await Promise.all(writers);
  const acknowledged = results.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
  const unknown = results.reduce((sum, { unknown }) => sum + unknown, 0);
  using snapshot = await one.snapshot();
  const counter = Number(new TextDecoder().decode((await snapshot.get(COUNTER))!.value).split(' ')[0]);
  assert.ok(counter >= acknowledged && counter <= acknowledged + unknown, `${counter} after ${acknowledged} acknowledged and ${unknown} unknown`);
  assert.ok(acknowledged > 100, `only ${acknowledged} writes were acknowledged`);
  last = snapshot.revision + 1;
  await one.commit([write(`${COUNTER}/end`, '')]);
  await watched;
  assertOrdered(batches, start);
  const seen = batches.flatMap((batch) => batch.events).filter((event) => event.type === 'put' && event.kv.key === COUNTER);
  assert.equal(seen.length, counter);
  assert.equal(new Set(seen.map(revisionOf)).size, counter);
});
