import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SlowWatcherError, type Revision, type Store, type StoreEvent, type WatchBatch } from '../store.ts';
import { assertOrdered, commit, committed, revisionOf, shownEvents, watched, write, type OpenStore } from './harness.ts';

const COMMITS = 400;
const SMALL_BUFFER = 8;

/** Two keys per commit, so that a split commit would show. */
async function writePairs(store: Store, count: number): Promise<Revision> {
  const results = await Promise.all(
    Array.from({ length: count }, (_, i) =>
      store.commit([write(`/pair/a${i % 7}`, String(i)), write(`/pair/b${i % 5}`, i % 3 === 0 ? null : String(i))]),
    ),
  );
  return Math.max(...results.map(committed));
}

function assertWholeCommits(batches: readonly WatchBatch[]): void {
  for (const batch of batches) {
    for (const event of batch.events) {
      if (event.type === 'put' && event.kv.key.startsWith('/pair/b')) {
        assert.ok(
          batch.events.some((other) => other.type === 'put' && other.kv.key.startsWith('/pair/a') && revisionOf(other) === revisionOf(event)),
        );
      }
    }
  }
}

/** Watches: history and the present, order, memos, progress, slowness. */
export function watchConformance(open: OpenStore): void {
  test('a watch tells what changed, and what was there before', async () => {
    await using store = await open();
    const first = await commit(store, write('/w/a', '1'), write('/x', '1'));
    const second = await commit(store, write('/w/a', '2'), write('/w/b', '2'));
    const third = await commit(store, write('/w/a', null));
    const fourth = await commit(store, write('/w/a', '4'));
    const expected = [
      `put /w/a=1@${first}/${first}`,
      `put /w/a=2@${first}/${second} was /w/a=1@${first}/${first}`,
      `put /w/b=2@${second}/${second}`,
      `delete /w/a@${third} was /w/a=2@${first}/${second}`,
      `put /w/a=4@${fourth}/${fourth}`,
    ];
    assert.deepEqual(shownEvents(await watched(store, '/w/', first - 1, fourth)), expected);
    assert.deepEqual(shownEvents(await watched(store, '/w/', first, fourth)), expected.slice(1));
    assert.deepEqual(shownEvents(await watched(store, '/w/a', second, fourth)), expected.slice(3));
    assert.deepEqual(shownEvents(await watched(store, '/none/', first, fourth)), []);
  });

  test('live events are the same as those of history', async () => {
    await using store = await open();
    const start = await commit(store, write('/pair/a0', 'start'));
    const controller = new AbortController();
    const live: WatchBatch[] = [];
    let last = Infinity;
    const watching = (async () => {
      for await (const batch of store.watch('/pair/', start, controller.signal)) {
        live.push(batch);
        if (batch.revision >= last) controller.abort();
      }
    })();
    last = (await writePairs(store, COMMITS)) + 1;
    assert.equal(await commit(store, write('/pair/end', '')), last);
    await watching;
    assertOrdered(live, start);
    assertWholeCommits(live);
    assert.deepEqual(shownEvents(live), shownEvents(await watched(store, '/pair/', start, last)));
  });

  test('watches that start while commits go on miss nothing and see nothing twice', async () => {
    await using store = await open();
    const start = await store.currentRevision();
    const writing = writePairs(store, COMMITS);
    const watching: Promise<WatchBatch[]>[] = [];
    const last = start + COMMITS;
    for (let i = 0; i < 20; i++) {
      const after = start + Math.min(i * 10, (await store.currentRevision()) - start);
      watching.push(watched(store, '/pair/', after, last).then((batches) => batches.concat({ revision: after, events: [] })));
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(await writing, last);
    const all = shownEvents(await watched(store, '/pair/', start, last));
    for (const batches of await Promise.all(watching)) {
      const after = batches.pop()!.revision;
      assertWholeCommits(batches);
      assert.deepEqual(
        batches.flatMap((batch) => batch.events.map(revisionOf)),
        (await watched(store, '/pair/', after, last)).flatMap((batch) => batch.events.map(revisionOf)),
      );
      if (after === start) assert.deepEqual(shownEvents(batches), all);
    }
  });

  test('a memo reaches watchers of this process by reference', async () => {
    await using store = await open();
    const after = await store.currentRevision();
    const controller = new AbortController();
    const seen: StoreEvent[] = [];
    const begun = Promise.withResolvers<void>();
    const watching = (async () => {
      for await (const batch of store.watch('/m/', after, controller.signal)) {
        for (const event of batch.events) {
          seen.push(event);
          begun.resolve();
          if (event.type === 'delete') controller.abort();
        }
      }
    })();
    // The watch is certainly live once it has delivered something.
    await commit(store, write('/m/first', '1'));
    await begun.promise;
    const memo = { decoded: true };
    const farewell = { gone: true };
    await store.commit([{ ...write('/m/a', '1'), memo }]);
    await store.commit([{ ...write('/m/a', null), memo: farewell }]);
    await watching;
    assert.deepEqual(
      seen.slice(1).map((event) => event.memo),
      [memo, farewell],
    );
    assert.equal(seen[1]?.memo, memo);
    assert.equal(seen[2]?.memo, farewell);
  });

  test('a watcher without events hears of progress when the revision is asked for', async () => {
    await using store = await open();
    const after = await commit(store, write('/busy/a', '1'));
    const batches = watched(store, '/quiet/', after, after + 3);
    for (let i = 0; i < 3; i++) await commit(store, write('/busy/a', String(i)));
    assert.deepEqual(shownEvents(await batches), []);
  });

  test('a watcher that is busy hears of progress too, once it takes what waits', { timeout: 20_000 }, async () => {
    await using store = await open();
    const after = await commit(store, write('/mine/a', '1'));
    const controller = new AbortController();
    const watch = store.watch('/mine/', after, controller.signal)[Symbol.asyncIterator]();
    const first = watch.next();
    await commit(store, write('/mine/a', '2'));
    await first;
    // Waits in the watcher's buffer while somebody asks.
    await commit(store, write('/mine/a', '3'));
    const last = await commit(store, write('/busy/a', '1'));
    assert.equal(await store.currentRevision(), last);
    let reached = 0;
    while (reached < last) reached = (await watch.next()).value!.revision;
    controller.abort();
    await watch.return?.();
  });

  test('a watch from the future delivers what comes after it', async () => {
    await using store = await open();
    const at = await commit(store, write('/f/a', '1'));
    const batches = watched(store, '/f/', at + 2, at + 4);
    for (let i = 1; i <= 4; i++) assert.equal(await commit(store, write('/f/a', String(i))), at + i);
    assert.deepEqual(
      (await batches).flatMap((batch) => batch.events.map(revisionOf)),
      [at + 3, at + 4],
    );
  });

  test('a watch ends when its signal aborts', async () => {
    await using store = await open();
    const at = await commit(store, write('a', '1'));
    for await (const batch of store.watch('', 0, AbortSignal.abort())) assert.fail(`delivered ${batch.revision}`);
    const controller = new AbortController();
    const iterator = store.watch('', at, controller.signal)[Symbol.asyncIterator]();
    const next = iterator.next();
    controller.abort();
    assert.equal((await next).done, true);
    for await (const batch of store.watch('', at - 1, new AbortController().signal)) {
      assert.equal(batch.revision, at);
      break;
    }
  });

  test('a watcher that does not keep up is dropped, and slows nobody', async () => {
    await using store = await open({ watchBuffer: SMALL_BUFFER });
    const after = await commit(store, write('/s/a', '0'));
    const slow = store.watch('/s/', after, new AbortController().signal)[Symbol.asyncIterator]();
    const first = slow.next();
    let last = await commit(store, write('/s/a', '1'));
    assert.equal((await first).done, false);
    const quick = watched(store, '/s/', last, last + SMALL_BUFFER * 4);
    for (let i = 0; i < SMALL_BUFFER * 4; i++) last = await commit(store, write('/s/a', String(i)));
    assert.equal((await quick).at(-1)!.revision, last);
    await assert.rejects(async () => {
      for (;;) if ((await slow.next()).done) return;
    }, SlowWatcherError);
    const resumed = await watched(store, '/s/', after + 1, last);
    assert.equal(resumed.flatMap((batch) => batch.events).length, SMALL_BUFFER * 4);
  });
}
