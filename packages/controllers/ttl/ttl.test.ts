import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextStep } from './controller.ts';

test('steps follow the size of the cluster and stay while it is near a border', () => {
  for (const [step, count, expected] of [
    [0, 0, 0],
    [0, 100, 0],
    [0, 101, 1],
    [1, 95, 1],
    [1, 89, 0],
    [0, 1_500, 3],
    [3, 950, 3],
    [3, 899, 2],
    [5, 8_999, 4],
    [5, 10, 0],
  ] as const) {
    assert.equal(nextStep(step, count), expected, `${step} ${count}`);
  }
});
