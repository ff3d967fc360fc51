import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreUnavailableError, type Write } from '../store.ts';
import { bytes, commit, committed, shown, shownRange, write, type ConformanceOptions, type OpenStore } from './harness.ts';

const INCREMENTERS = 20;
const INCREMENTS = 5;
const BIG_VALUE_BYTES = 3 * 1_024 * 1_024;
const MANY_WRITES = 500;

/** Atomicity, expectations, revisions, grouping, closing. */
export function commitConformance(open: OpenStore, { ordered = true }: ConformanceOptions): void {
  test('all writes of a commit share its revision', async () => {
    await using store = await open();
    const first = await commit(store, write('a', '1'), write('b', '2'));
    assert.ok(first > 0);
    assert.deepEqual(await shownRange(store, ''), [`a=1@${first}/${first}`, `b=2@${first}/${first}`]);
    const second = await commit(store, write('a', '3'), write('b', null), write('c', '4'));
    assert.equal(second, first + 1);
    assert.deepEqual(await shownRange(store, ''), [`a=3@${first}/${second}`, `c=4@${second}/${second}`]);
    assert.equal(await store.currentRevision(), second);
  });

  test('a commit with a failed expectation changes nothing and says what it met', async () => {
    await using store = await open();
    const at = await commit(store, write('a', '1'));
    const result = await store.commit([write('new', 'x'), write('a', '2', at + 7), write('b', '2', at), write('a2', '3', 0)]);
    assert.equal(result.committed, false);
    assert.ok(!result.committed);
    assert.equal(result.revision, at);
    assert.deepEqual(
      result.conflicts.map(({ index, current }) => [index, shown(current)]),
      [
        [1, `a=1@${at}/${at}`],
        [2, undefined],
      ],
    );
    assert.deepEqual(await shownRange(store, ''), [`a=1@${at}/${at}`]);
    assert.equal(await store.currentRevision(), at);
  });

  test('0 expects absence, a revision expects that version, nothing expects nothing', async () => {
    await using store = await open();
    const created = await commit(store, write('k', '1', 0));
    assert.equal((await store.commit([write('k', '2', 0)])).committed, false);
    const updated = await commit(store, write('k', '2', created));
    assert.equal((await store.commit([write('k', '3', created)])).committed, false);
    assert.equal((await store.commit([write('k', null, created)])).committed, false);
    await commit(store, write('k', '3'));
    assert.equal((await store.commit([write('k', null, updated)])).committed, false);
    await commit(store, write('k', null, updated + 1));
    assert.equal((await store.commit([write('k', null, updated + 1)])).committed, false);
    const again = await commit(store, write('k', '4', 0));
    assert.deepEqual(await shownRange(store, ''), [`k=4@${again}/${again}`]);
  });

  test('a commit that changes nothing takes no revision', async () => {
    await using store = await open();
    const at = await commit(store, write('a', '1'));
    assert.equal(committed(await store.commit([])), at);
    assert.equal(committed(await store.commit([write('none', null), write('nil', null, 0)])), at);
    assert.equal(await commit(store, write('a', '1')), at + 1);
  });

  test('of commits of one tick that expect the same, one wins, and each winner has a revision of its own', async () => {
    await using store = await open();
    const at = await commit(store, write('k', '0'));
    const results = await Promise.all(Array.from({ length: 6 }, (_, i) => store.commit([write('k', String(i), at), write(`side/${i}`, '')])));
    const others = await Promise.all(Array.from({ length: 6 }, (_, i) => commit(store, write(`own/${i}`, ''))));
    const winner = results.findIndex((result) => result.committed);
    assert.deepEqual(
      results.map((result) => [result.committed, result.revision]),
      results.map((_, i) => [i === winner, at + 1]),
    );
    assert.deepEqual(
      others.toSorted((a, b) => a - b),
      others.map((_, i) => at + 2 + i),
    );
    assert.deepEqual((await shownRange(store, 'side/')).length, 1);
  });

  test('commits of one tick keep their order and their own revisions, and see each other', { skip: !ordered }, async () => {
    await using store = await open();
    const at = await commit(store, write('k', '0'));
    const results = await Promise.all([
      store.commit([write('k', '1', at)]),
      store.commit([write('k', 'lost', at)]),
      store.commit([write('k', '2', at + 1)]),
      store.commit([write('other', '3', 0)]),
      store.commit([write('other', null, at + 3)]),
      store.commit([write('other', '4', 0)]),
    ]);
    assert.deepEqual(
      results.map((result) => [result.committed, result.revision]),
      [
        [true, at + 1],
        [false, at + 1],
        [true, at + 2],
        [true, at + 3],
        [true, at + 4],
        [true, at + 5],
      ],
    );
    const [, lost] = results;
    assert.ok(lost && !lost.committed);
    assert.equal(shown(lost.conflicts[0]?.current), `k=1@${at}/${at + 1}`);
    assert.deepEqual(await shownRange(store, ''), [`k=2@${at}/${at + 2}`, `other=4@${at + 5}/${at + 5}`]);
  });

  test('no update is lost when many increment the same key', async () => {
    await using store = await open();
    await commit(store, write('counter', '0'));
    const increment = async (): Promise<void> => {
      for (let done = 0; done < INCREMENTS;) {
        using snapshot = await store.snapshot();
        const kv = (await snapshot.get('counter'))!;
        const next = String(Number(new TextDecoder().decode(kv.value)) + 1);
        const result = await store.commit([write('counter', next, kv.modRevision)]);
        if (result.committed) done++;
      }
    };
    await Promise.all(Array.from({ length: INCREMENTERS }, increment));
    using snapshot = await store.snapshot();
    assert.equal(new TextDecoder().decode((await snapshot.get('counter'))!.value), String(INCREMENTERS * INCREMENTS));
  });

  test('values are any bytes, none, or many', async () => {
    await using store = await open();
    const big = new Uint8Array(BIG_VALUE_BYTES).map((_, i) => (i * 31) & 0xff);
    const pooled = Buffer.from('a view of a larger buffer');
    const values: Readonly<Record<string, Uint8Array>> = { big, binary: Uint8Array.of(0, 255, 0, 128), empty: new Uint8Array(0), pooled };
    await store.commit(Object.entries(values).map(([key, value]): Write => ({ key, value })));
    using snapshot = await store.snapshot();
    for (const [key, value] of Object.entries(values)) assert.ok(Buffer.from(value).equals((await snapshot.get(key))!.value), key);
    const at = await commit(store, { key: 'empty', value: new Uint8Array(0) });
    const result = await store.commit([{ key: 'empty', value: bytes('x'), expect: 0 }]);
    assert.ok(!result.committed);
    assert.equal(result.conflicts[0]?.current?.modRevision, at);
  });

  test('a commit may have many writes', async () => {
    await using store = await open();
    const at = await commit(store, ...Array.from({ length: MANY_WRITES }, (_, i) => write(`k${i}`, String(i))));
    using snapshot = await store.snapshot(at);
    assert.equal(await snapshot.count('k'), MANY_WRITES);
  });

  test('what no engine can store is a programming error', async () => {
    await using store = await open();
    const at = await store.currentRevision();
    await assert.rejects(store.commit([write('a', '1'), write('a', '2')]), TypeError);
    await assert.rejects(store.commit([write('', '1')]), TypeError);
    await assert.rejects(store.commit([write('lone \ud800', '1')]), TypeError);
    await assert.rejects(store.commit(Array.from({ length: 1_025 }, (_, i) => write(`k${i}`, '1'))), RangeError);
    assert.equal(await store.currentRevision(), at);
  });

  test('a closed store finishes what it has begun and refuses the rest', async () => {
    const store = await open();
    const at = await commit(store, write('a', '1'));
    const snapshot = await store.snapshot();
    const watching = assert.rejects(async () => {
      for await (const batch of store.watch('', at, new AbortController().signal)) void batch;
    }, StoreUnavailableError);
    const begun = store.commit([write('b', '2')]);
    const closing = store[Symbol.asyncDispose]();
    assert.equal((await begun).committed, true);
    await closing;
    await watching;
    await assert.rejects(store.commit([write('c', '3')]), StoreUnavailableError);
    await assert.rejects(snapshot.get('a'), StoreUnavailableError);
    await assert.rejects(store.snapshot(), StoreUnavailableError);
    await assert.rejects(store.currentRevision(), StoreUnavailableError);
    await store[Symbol.asyncDispose]();
  });
}
