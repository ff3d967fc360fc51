import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lru } from './lru.ts';

const keys = (lru: Lru<string, number>): string[] => [...lru.entries()].map(([key]) => key).toSorted();

test('an entry that was used since it came is spared once, and then another goes', () => {
  const lru = new Lru<string, number>(2);
  lru.set('a', 1);
  lru.set('b', 2);
  assert.equal(lru.get('a'), 1);
  lru.set('c', 3);
  assert.deepEqual(keys(lru), ['a', 'c']);
  lru.set('d', 4);
  assert.equal(lru.size, 2);
  assert.equal(lru.get('d'), 4);
});

test('when all were used, the one that came first goes', () => {
  const lru = new Lru<string, number>(3);
  for (const key of ['a', 'b', 'c']) lru.set(key, 0);
  for (const key of ['c', 'b', 'a']) lru.get(key);
  lru.set('d', 1);
  assert.deepEqual(keys(lru), ['b', 'c', 'd']);
});

test('putting a value anew and deleting', () => {
  const lru = new Lru<string, number>(2);
  lru.set('a', 1);
  lru.set('a', 2);
  assert.equal(lru.get('a'), 2);
  assert.equal(lru.size, 1);
  assert.equal(lru.delete('a'), true);
  assert.equal(lru.get('a'), undefined);
  assert.equal(lru.delete('a'), false);
});

test('never more than the limit, whatever the order of uses', () => {
  const lru = new Lru<number, number>(16);
  for (let i = 0; i < 1_000; i++) {
    lru.set(i % 37, i);
    lru.get((i * 7) % 37);
    assert.ok(lru.size <= 16);
  }
});
