import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WatchItem } from '../call.ts';
import { EventRuns } from './event-runs.ts';

function item(text: string): WatchItem {
  return { type: 'ADDED', object: {}, json: () => Buffer.from(text), protobuf: () => Buffer.from(text) };
}

test('watchers that get the same events share their bytes', () => {
  const runs = new EventRuns((one) => one.json());
  const [a, b, c] = [item('a'), item('b'), item('c')];
  const all = runs.bytes([a, b, c]);
  assert.equal(all.toString(), 'abc');
  assert.equal(runs.bytes([a, b, c]), all);
});

test('watchers that get other events, or in another order, do not', () => {
  const runs = new EventRuns((one) => one.json());
  const [a, b, c] = [item('a'), item('b'), item('c')];
  assert.equal(runs.bytes([a, b, c]).toString(), 'abc');
  assert.equal(runs.bytes([a, c, b]).toString(), 'acb');
  assert.equal(runs.bytes([a, c]).toString(), 'ac');
  assert.equal(runs.bytes([b]).toString(), 'b');
});
