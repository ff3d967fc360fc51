import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storeConformance } from '../conformance.ts';
import { commit, shownEvents, shownRange, watched, write } from '../conformance/harness.ts';
import { CompactedError } from '../store.ts';
import { openMemoryStore } from './memory-store.ts';

storeConformance('memory', openMemoryStore);

test('history beyond the bound is forgotten by itself', async () => {
  await using store = await openMemoryStore({ historyEvents: 10 });
  for (let i = 1; i <= 100; i++) await commit(store, write(`k${i % 3}`, String(i)));
  await commit(store, write('k0', null));
  assert.equal(store.compactRevision(), 91);
  await assert.rejects(store.snapshot(90), CompactedError);
  assert.deepEqual(await shownRange(store, ''), ['k1=100@1/100', 'k2=98@2/98']);
  assert.equal(shownEvents(await watched(store, '', 91, 101)).length, 10);
});
