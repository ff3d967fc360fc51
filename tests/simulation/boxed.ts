/**
 * Seeds for CI: as many as fit into a minute, always the same ones in the same order.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#base/clock.ts';
import { simulate } from './simulate.ts';

const BOX_MS = 60_000;
const MOST_SEEDS = 200;

/** Runs seeds `first`, `first + step`, …; one that fails is run again alone by `node tests/simulation/run.ts --seed N`. */
export function simulateFrom(first: number, step: number): void {
  test('users and mishaps at random leave every cluster in order', async (t) => {
    const endMs = systemClock.monotonicMs() + BOX_MS;
    let count = 0;
    for (let seed = first; count < MOST_SEEDS && systemClock.monotonicMs() < endMs; seed += step, count++) {
      const { violations } = await simulate(seed);
      assert.deepEqual(violations, [], `seed ${seed}; run it again: node tests/simulation/run.ts --seed ${seed}`);
    }
    t.diagnostic(`${count} seeds`);
  });
}
