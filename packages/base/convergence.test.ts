import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from './backoff.ts';
import { systemClock } from './clock.ts';
import { openConvergence } from './convergence.ts';
import { silentLogger } from './log.ts';

const options = (converge: (signal: AbortSignal) => Promise<void>) => ({
  name: 'test',
  converge,
  clock: systemClock,
  backoff: new Backoff({ initialMs: 1, factor: 1, maxMs: 1, jitter: 0 }, { next: () => 0 } as never),
  log: silentLogger,
});
const { signal } = new AbortController();

test('requests of one turn are one run, requests during a run another', async () => {
  let runs = 0;
  let running = 0;
  const gate = Promise.withResolvers<void>();
  await using loop = openConvergence(
    options(async () => {
      assert.equal(++running, 1);
      runs++;
      if (runs === 1) await gate.promise;
      running--;
    }),
  );
  await loop.settled(signal);
  assert.equal(runs, 0);
  loop.request();
  loop.request();
  const settled = loop.settled(signal);
  await new Promise(setImmediate);
  loop.request();
  gate.resolve();
  await settled;
  await loop.settled(signal);
  assert.equal(runs, 2);
});

test('a failure is tried again before anyone is told it is settled', async () => {
  let runs = 0;
  await using loop = openConvergence(
    options(async () => {
      if (++runs < 3) throw new Error('not yet');
    }),
  );
  loop.request();
  await loop.settled(signal);
  assert.equal(runs, 3);
});

test('disposing aborts the run and waits for it', async () => {
  let ended = false;
  const loop = openConvergence(
    options(async (inner) => {
      await new Promise((resolve) => inner.addEventListener('abort', resolve));
      ended = true;
    }),
  );
  loop.request();
  await new Promise(setImmediate);
  await loop[Symbol.asyncDispose]();
  assert.ok(ended);
});
