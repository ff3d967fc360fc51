import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CompactedError, type Revision, type StoreEvent, type WatchBatch } from './store.ts';
import { WatchHub, type History } from './watch-hub.ts';

function put(key: string, revision: Revision): StoreEvent {
  return { type: 'put', kv: { key, value: new Uint8Array(0), createRevision: revision, modRevision: revision }, previous: undefined };
}

const noHistory: History = { read: () => assert.fail('read history') };

async function next(watch: AsyncGenerator<WatchBatch, void, undefined>): Promise<WatchBatch> {
  const { value } = await watch.next();
  assert.ok(value);
  return value;
}

test('a watcher that waits gets what one publication brings as one batch', async () => {
  const hub = new WatchHub(0, 10);
  const watch = hub.watch(noHistory, 'a/', 0, new AbortController().signal);
  const first = next(watch);
  hub.publish([
    { revision: 1, events: [put('a/1', 1), put('b/1', 1)] },
    { revision: 2, events: [put('b/2', 2)] },
    { revision: 3, events: [put('a/3', 3)] },
  ]);
  assert.deepEqual(await first, { revision: 3, events: [put('a/1', 1), put('a/3', 3)] });
});

test('a quiet watcher hears of progress now and then without asking', async () => {
  const hub = new WatchHub(0, 10);
  const watch = hub.watch(noHistory, 'quiet/', 0, new AbortController().signal);
  const first = next(watch);
  for (let revision = 1; revision <= 600; revision++) hub.publish([{ revision, events: [put('busy', revision)] }]);
  assert.deepEqual(await first, { revision: 256, events: [] });
  assert.deepEqual(await next(watch), { revision: 512, events: [] });
  const asked = next(watch);
  hub.reportProgress();
  assert.deepEqual(await asked, { revision: 600, events: [] });
});

test('an interruption ends the watches of now, not those after it', async () => {
  const hub = new WatchHub(5, 10);
  const before = hub.watch(noHistory, '', 5, new AbortController().signal);
  const waiting = before.next();
  hub.interrupt(new CompactedError(7), 9);
  await assert.rejects(waiting, CompactedError);
  const later = hub.watch(noHistory, '', 9, new AbortController().signal);
  const first = next(later);
  hub.publish([{ revision: 10, events: [put('k', 10)] }]);
  assert.equal((await first).revision, 10);
});

test('a watcher that has not yet taken what waits for it hears of progress all the same', async () => {
  const hub = new WatchHub(0, 10);
  const watch = hub.watch(noHistory, 'quiet/', 0, new AbortController().signal);
  const first = next(watch);
  hub.publish([{ revision: 1, events: [put('quiet/1', 1)] }]);
  await first;
  hub.publish([{ revision: 2, events: [put('quiet/2', 2)] }]);
  hub.publish([{ revision: 3, events: [put('busy', 3)] }]);
  hub.reportProgress();
  assert.deepEqual(await next(watch), { revision: 3, events: [put('quiet/2', 2)] });
});

test('progress does not drop a watcher that is behind: it is told when it has caught up', async () => {
  const hub = new WatchHub(0, 4);
  const watch = hub.watch(noHistory, 'slow/', 0, new AbortController().signal);
  const first = next(watch);
  for (let revision = 1; revision <= 5; revision++) hub.publish([{ revision, events: [put(`slow/${revision}`, revision)] }]);
  hub.publish([{ revision: 6, events: [put('busy', 6)] }]);
  hub.reportProgress();
  assert.equal((await first).revision, 1);
  assert.equal((await next(watch)).revision, 5);
  const asked = next(watch);
  hub.reportProgress();
  assert.deepEqual(await asked, { revision: 6, events: [] });
});
