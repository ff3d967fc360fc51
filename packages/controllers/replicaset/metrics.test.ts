import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { ageRatios } from './metrics.ts';

const pod = (age: number, ready: boolean): Pod =>
  ({ metadata: { creationTimestamp: new Date(1_000_000 - age * 1000).toISOString() }, status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] } }) as unknown as Pod;

test('ages of removed pods are compared with the youngest ready one', () => {
  const all = [pod(100, true), pod(45, true), pod(10, true), pod(1, false)];
  assert.deepEqual(ageRatios(all, [all[0]!, all[1]!, all[3]!], 1_000_000), [10, 4]);
  assert.deepEqual(ageRatios([pod(0, true)], [pod(0, true)], 1_000_000), []);
});
