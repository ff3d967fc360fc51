import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AsyncQueue } from './async-queue.ts';

test('items arrive in order, all that wait at once', async () => {
  const queue = new AsyncQueue<number>(10);
  const first = queue.take();
  queue.push(1);
  queue.push(2);
  queue.push(3);
  assert.deepEqual(await first, [1]);
  assert.deepEqual(await queue.take(), [2, 3]);
});

test('a full queue refuses, and takes again once emptied', async () => {
  const queue = new AsyncQueue<number>(2);
  assert.deepEqual([queue.push(1), queue.push(2), queue.push(3)], [true, true, false]);
  assert.deepEqual(await queue.take(), [1, 2]);
  assert.equal(queue.push(4), true);
});

test('close delivers what waits, then ends', async () => {
  const queue = new AsyncQueue<number>(2);
  queue.push(1);
  queue.close();
  assert.equal(queue.push(2), false);
  assert.deepEqual(await queue.take(), [1]);
  assert.equal(await queue.take(), undefined);
  const other = new AsyncQueue<number>(2);
  const taking = other.take();
  other.close();
  assert.equal(await taking, undefined);
});

test('fail drops what waits and throws, to a waiting consumer too', async () => {
  const queue = new AsyncQueue<number>(2);
  queue.push(1);
  queue.fail(new Error('lost'));
  assert.equal(queue.length, 0);
  await assert.rejects(async () => queue.take(), /lost/);
  const other = new AsyncQueue<number>(2);
  const taking = other.take();
  other.fail(new Error('gone'));
  await assert.rejects(async () => taking, /gone/);
});
