import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock } from './testing/sim-clock.ts';
import { WorkQueue } from './work-queue.ts';

test('a key waits once and is handed out once at a time', async () => {
  const queue = new WorkQueue<string>(new SimClock());
  queue.add('a');
  queue.add('a');
  queue.add('b');
  assert.equal(queue.length, 2);
  assert.equal(await queue.take(), 'a');
  queue.add('a');
  assert.equal(await queue.take(), 'b');
  assert.equal(queue.length, 0, 'a is being worked on');
  queue.done('a');
  assert.equal(await queue.take(), 'a');
  queue.done('a');
  queue.done('b');
  assert.ok(queue.idle);
});

test('failures wait longer and longer, and a success forgets them', async () => {
  const clock = new SimClock();
  const queue = new WorkQueue<string>(clock);
  queue.addRateLimited('a');
  assert.equal(clock.nextInMs, 5);
  await clock.advance(5);
  assert.equal(await queue.take(), 'a');
  queue.addRateLimited('a');
  assert.equal(clock.nextInMs, 10);
  queue.done('a');
  queue.forget('a');
  queue.addRateLimited('a');
  assert.equal(clock.nextInMs, 5, 'the earliest delay counts');
});

test('the overall limit slows a storm of failures', () => {
  const clock = new SimClock();
  const queue = new WorkQueue<number>(clock);
  for (let i = 0; i < 200; i++) queue.addRateLimited(i);
  queue.addRateLimited(1000);
  let last = 0;
  const original = clock.after.bind(clock);
  clock.after = (ms, fire) => {
    last = ms;
    return original(ms, fire);
  };
  queue.addRateLimited(1001);
  assert.equal(Math.round(last), 10_200);
});

test('closing releases whoever waits', async () => {
  const queue = new WorkQueue<string>(new SimClock());
  const taking = queue.take();
  queue.close();
  assert.equal(await taking, undefined);
  queue.add('late');
  assert.equal(await queue.take(), undefined);
});
