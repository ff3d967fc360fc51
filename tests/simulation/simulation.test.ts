import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulateFrom } from './boxed.ts';
import { simulate } from './simulate.ts';

simulateFrom(1, 2);

test('a seed does the same in every run', async () => {
  const first = await simulate(3, { steps: 8 });
  assert.deepEqual(await simulate(3, { steps: 8 }), first);
});
