import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock } from '#base/testing/sim-clock.ts';
import { Peak } from './peak.ts';

test('a peak is told for a second or two, however short it was', async () => {
  const clock = new SimClock();
  const peak = new Peak(clock);
  for (let i = 0; i < 3; i++) peak.raise();
  for (let i = 0; i < 2; i++) peak.lower();
  assert.equal(peak.read(), 3);
  await clock.advance(1_000);
  assert.equal(peak.read(), 3);
  await clock.advance(1_000);
  assert.equal(peak.read(), 1);
  peak.lower();
  await clock.advance(5_000);
  assert.equal(peak.read(), 0);
});
