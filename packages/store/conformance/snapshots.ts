import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareKeys } from '../keys.ts';
import { FutureRevisionError } from '../store.ts';
import { commit, shown, shownRange, write, type OpenStore } from './harness.ts';

const MANY_KEYS = 2_500;

/** Reads: revisions, ranges, order. */
export function snapshotConformance(open: OpenStore): void {
  test('a snapshot shows the keys as they were', async () => {
    await using store = await open();
    const first = await commit(store, write('a', '1'), write('b', '1'));
    const second = await commit(store, write('a', '2'), write('c', '2'));
    const third = await commit(store, write('a', null));
    const fourth = await commit(store, write('a', '4'), write('b', '4'));
    assert.deepEqual(await shownRange(store, '', first), [`a=1@${first}/${first}`, `b=1@${first}/${first}`]);
    assert.deepEqual(await shownRange(store, '', second), [`a=2@${first}/${second}`, `b=1@${first}/${first}`, `c=2@${second}/${second}`]);
    assert.deepEqual(await shownRange(store, '', third), [`b=1@${first}/${first}`, `c=2@${second}/${second}`]);
    assert.deepEqual(await shownRange(store, '', fourth), [`a=4@${fourth}/${fourth}`, `b=4@${first}/${fourth}`, `c=2@${second}/${second}`]);
    using old = await store.snapshot(second);
    assert.equal(old.revision, second);
    assert.equal(shown(await old.get('a')), `a=2@${first}/${second}`);
    assert.equal(await old.count(''), 3);
    using gone = await store.snapshot(third);
    assert.equal(await gone.get('a'), undefined);
    assert.equal(await gone.get('never'), undefined);
    assert.equal(await gone.count(''), 2);
  });

  test('a snapshot does not move with later commits', async () => {
    await using store = await open();
    await commit(store, write('a', '1'));
    using snapshot = await store.snapshot();
    assert.equal(snapshot.revision, await store.currentRevision());
    await commit(store, write('a', '2'), write('b', '2'));
    const { items } = await snapshot.range('');
    assert.deepEqual(items.map(shown), [`a=1@${snapshot.revision}/${snapshot.revision}`]);
  });

  test('a range is bounded by prefix, start and limit', async () => {
    await using store = await open();
    await commit(store, ...['p', 'p/a', 'p/b', 'p/c', 'p/c/d', 'p0', 'q/a'].map((key) => write(key, 'v')));
    await commit(store, write('p/b', null));
    using snapshot = await store.snapshot();
    const keys = async (prefix: string, from?: string, limit?: number): Promise<string> => {
      const page = await snapshot.range(prefix, { ...(from !== undefined && { from }), ...(limit !== undefined && { limit }) });
      return page.items.map((kv) => kv.key).join(' ') + (page.more ? ' …' : '');
    };
    assert.equal(await keys('p/'), 'p/a p/c p/c/d');
    assert.equal(await keys('p'), 'p p/a p/c p/c/d p0');
    assert.equal(await keys('p/', 'p/a'), 'p/a p/c p/c/d');
    assert.equal(await keys('p/', 'p/a\u0001'), 'p/c p/c/d');
    assert.equal(await keys('p/', 'a'), 'p/a p/c p/c/d');
    assert.equal(await keys('p/', 'p0'), '');
    assert.equal(await keys('p/', undefined, 2), 'p/a p/c …');
    assert.equal(await keys('p/', undefined, 3), 'p/a p/c p/c/d');
    assert.equal(await keys('p/', 'p/c', 1), 'p/c …');
    assert.equal(await keys('p/', 'p/c/d', 1), 'p/c/d');
    assert.equal(await keys('p/a', undefined, 1), 'p/a');
    assert.equal(await keys('x'), '');
    assert.deepEqual(
      [await snapshot.count('p/'), await snapshot.count('p/', 'p/b'), await snapshot.count('p/', 'a'), await snapshot.count('x')],
      [3, 2, 3, 0],
    );
  });

  test('keys are ordered by their UTF-8 bytes', async () => {
    await using store = await open();
    const keys = [
      '/a',
      '/a\u0001',
      '/aa',
      '/a-',
      '/Z',
      '/ä',
      '/日本',
      '/\ud7ff',
      '/\ue000',
      '/\uffff',
      '/\u{10000}',
      '/\u{10ffff}',
      '/\u{10ffff}/x',
      '0',
    ];
    await commit(store, ...keys.map((key) => write(key, 'v')));
    using snapshot = await store.snapshot();
    const { items } = await snapshot.range('');
    assert.deepEqual(
      items.map((kv) => kv.key),
      keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    );
    assert.deepEqual(
      items.map((kv) => kv.key),
      keys.toSorted(compareKeys),
    );
    assert.deepEqual(
      (await snapshot.range('/\u{10ffff}')).items.map((kv) => kv.key),
      ['/\u{10ffff}', '/\u{10ffff}/x'],
    );
    assert.deepEqual(
      (await snapshot.range('/\ud7ff')).items.map((kv) => kv.key),
      ['/\ud7ff'],
    );
    assert.equal(await snapshot.count('/'), keys.length - 1);
  });

  test('a long range is one revision, however many steps it takes', async () => {
    await using store = await open();
    const key = (i: number): string => `/many/${String(i).padStart(6, '0')}`;
    for (let first = 0; first < MANY_KEYS; first += 500) {
      await commit(store, ...Array.from({ length: 500 }, (_, i) => write(key(first + i), `${first + i} `.repeat(100))));
    }
    using snapshot = await store.snapshot();
    const reading = Promise.all([snapshot.range('/many/'), snapshot.count('/many/'), snapshot.range('/many/', { from: key(100), limit: 2_000 })]);
    await Promise.all(Array.from({ length: 200 }, (_, i) => store.commit([write(key(i * 10), null), write(`/many/x${i}`, 'new')])));
    const [all, count, some] = await reading;
    assert.equal(count, MANY_KEYS);
    assert.deepEqual(
      all.items.map((kv) => kv.key),
      Array.from({ length: MANY_KEYS }, (_, i) => key(i)),
    );
    assert.ok(all.items.every((kv, i) => new TextDecoder().decode(kv.value) === `${i} `.repeat(100)));
    assert.deepEqual([all.more, some.more, some.items.length, some.items[0]?.key], [false, true, 2_000, key(100)]);
  });

  test('the future cannot be read until it is there', async () => {
    await using store = await open();
    const at = await commit(store, write('a', '1'));
    await assert.rejects(store.snapshot(at + 1), (error) => error instanceof FutureRevisionError && error.currentRevision === at);
    await commit(store, write('a', '2'));
    assert.deepEqual(await shownRange(store, '', at + 1), [`a=2@${at}/${at + 1}`]);
  });
}
