/**
 * As many seeds as fit into a minute, always the same ones in the same order; one that fails is run again alone by
 * `node tests/simulation/run.ts --seed N`, and thousands by `node tests/simulation/run.ts --seeds 5000`.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#base/clock.ts';
import { simulate } from './simulate.ts';

const BOX_MS = 60_000;
const MOST_SEEDS = 200;

test('users and mishaps at random leave every cluster in order', async (t) => {
  const endMs = systemClock.monotonicMs() + BOX_MS;
  let seed = 1;
  for (; seed <= MOST_SEEDS && systemClock.monotonicMs() < endMs; seed++) {
    const { violations } = await simulate(seed);
    assert.deepEqual(violations, [], `seed ${seed}; run it again: node tests/simulation/run.ts --seed ${seed}`);
  }
  t.diagnostic(`${seed - 1} seeds`);
});

test('a seed does the same in every run', async () => {
  const first = await simulate(3);
  assert.deepEqual(await simulate(3), first);
});
