import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CompactedError, FutureRevisionError, type Revision } from '../store.ts';
import { commit, revisionOf, shownEvents, shownRange, watched, write, type OpenStore } from './harness.ts';

const MANY_COMMITS = 1_500;

function compactedAt(revision: Revision): (error: unknown) => boolean {
  return (error) => error instanceof CompactedError && error.compactRevision === revision;
}

/** Forgetting the past. */
export function compactionConformance(open: OpenStore): void {
  test('compaction forgets what was superseded, and nothing else', async () => {
    await using store = await open();
    const first = await commit(store, write('a', '1'), write('b', '1'), write('dead', '1'));
    const second = await commit(store, write('a', '2'), write('dead', null));
    const third = await commit(store, write('a', '3'), write('b', null), write('dead', 'alive'));
    using old = await store.snapshot(first);
    await store.compact(second);
    assert.equal(store.compactRevision(), second);
    await assert.rejects(old.get('b'), compactedAt(second));
    await assert.rejects(old.range(''), compactedAt(second));
    await assert.rejects(old.count(''), compactedAt(second));
    await assert.rejects(store.snapshot(first), compactedAt(second));
    assert.deepEqual(await shownRange(store, '', second), [`a=2@${first}/${second}`, `b=1@${first}/${first}`]);
    assert.deepEqual(await shownRange(store, ''), [`a=3@${first}/${third}`, `dead=alive@${third}/${third}`]);
    assert.deepEqual(shownEvents(await watched(store, '', second, third)).toSorted(), [
      `delete b@${third} was b=1@${first}/${first}`,
      `put a=3@${first}/${third} was a=2@${first}/${second}`,
      `put dead=alive@${third}/${third}`,
    ]);
  });

  test('a watch from before the compaction fails', async () => {
    await using store = await open();
    const first = await commit(store, write('a', '1'));
    const second = await commit(store, write('a', '2'));
    await commit(store, write('a', '3'));
    await store.compact(second);
    const controller = new AbortController();
    await assert.rejects(async () => {
      for await (const batch of store.watch('', first, controller.signal)) assert.fail(`delivered ${batch.revision}`);
    }, compactedAt(second));
  });

  test('compacting to the newest revision leaves the newest versions', async () => {
    await using store = await open();
    const first = await commit(store, write('a', '1'), write('b', '1'));
    const last = await commit(store, write('a', '2'), write('b', null));
    await store.compact(last);
    assert.deepEqual(await shownRange(store, ''), [`a=2@${first}/${last}`]);
    assert.equal(await store.currentRevision(), last);
    assert.equal(await commit(store, write('b', '3', 0)), last + 1);
    assert.deepEqual(await shownRange(store, ''), [`a=2@${first}/${last}`, `b=3@${last + 1}/${last + 1}`]);
    assert.deepEqual(shownEvents(await watched(store, '', last, last + 1)), [`put b=3@${last + 1}/${last + 1}`]);
  });

  test('compaction does not go back, and not into the future', async () => {
    await using store = await open();
    const first = await commit(store, write('a', '1'));
    const second = await commit(store, write('a', '2'));
    await store.compact(second);
    await store.compact(first);
    assert.equal(store.compactRevision(), second);
    await assert.rejects(store.compact(second + 1), FutureRevisionError);
    assert.equal(store.compactRevision(), second);
  });

  test('commits go on while much is compacted', async () => {
    await using store = await open();
    const writing = Array.from({ length: MANY_COMMITS }, (_, i) => store.commit([write(`/c/${i % 50}`, String(i))]));
    await Promise.all(writing);
    const at = await store.currentRevision();
    const before = await shownRange(store, '/c/');
    const compacting = store.compact(at);
    const during = await Promise.all(Array.from({ length: 20 }, (_, i) => commit(store, write(`/d/${i}`, String(i)))));
    await compacting;
    assert.deepEqual(await shownRange(store, '/c/'), before);
    assert.deepEqual(await shownRange(store, '/c/', at), before);
    assert.equal((await watched(store, '/d/', at, during.at(-1)!)).flatMap((batch) => batch.events).length, 20);
  });

  test('a watch that goes on loses nothing to compactions behind it, and one that resumes goes on from there', async () => {
    await using store = await open();
    const start = await commit(store, write('/w/0', '0'));
    const rounds = 20;
    const seen = watched(store, '/w/', start, start + rounds);
    let middle = 0;
    for (let i = 1; i <= rounds; i++) {
      const revision = await commit(store, write(`/w/${i % 3}`, String(i)));
      if (i === rounds / 2) middle = revision;
      if (i % 4 === 0) await store.compact(revision - 1);
    }
    const events = (await seen).flatMap((batch) => batch.events);
    assert.deepEqual(events.map(revisionOf), Array.from({ length: rounds }, (_, i) => start + 1 + i));
    await assert.rejects(watched(store, '/w/', middle, start + rounds), compactedAt(start + rounds - 1));
    assert.deepEqual((await watched(store, '/w/', start + rounds - 1, start + rounds)).flatMap((batch) => batch.events.map(revisionOf)), [start + rounds]);
  });
}
