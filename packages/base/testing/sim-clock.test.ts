import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock } from './sim-clock.ts';

test('timers fire in order of time, then of creation, and only when time moves', async () => {
  const clock = new SimClock(1000);
  const fired: string[] = [];
  clock.after(20, () => fired.push('late'));
  clock.after(10, () => fired.push('first'));
  clock.after(10, () => fired.push('second'));
  clock.after(5, () => fired.push('never')).cancel();
  await clock.advance(10);
  assert.deepEqual(fired, ['first', 'second']);
  assert.equal(clock.now(), 1010);
  await clock.advance(15);
  assert.deepEqual(fired, ['first', 'second', 'late']);
  assert.equal(clock.monotonicMs(), 25);
});

test('what a timer starts happens at its own time', async () => {
  const clock = new SimClock(0);
  const times: number[] = [];
  const loop = async (): Promise<void> => {
    for (let i = 0; i < 3; i++) {
      await clock.sleep(100);
      times.push(clock.now());
    }
  };
  const running = loop();
  await clock.advance(1000);
  await running;
  assert.deepEqual(times, [100, 200, 300]);
});

test('a sleep ends with its signal', async () => {
  const clock = new SimClock();
  const controller = new AbortController();
  const sleeping = clock.sleep(1000, controller.signal);
  controller.abort(new Error('stop'));
  await assert.rejects(sleeping, /stop/);
});

test('runUntil gives up when nothing can change', async () => {
  const clock = new SimClock();
  await assert.rejects(clock.runUntil(() => false, 1000), /idle/);
  let done = false;
  clock.after(500, () => {
    done = true;
  });
  await clock.runUntil(() => done, 1000);
  assert.equal(clock.monotonicMs(), 500);
});
