import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Ring } from './ring.ts';

test('a ring behaves like an array that is pushed and shifted', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer()), { maxLength: 300, size: 'max' }), (steps) => {
      const ring = new Ring<number>();
      const model: number[] = [];
      for (const step of steps) {
        if (step === null) assert.equal(ring.shift(), model.shift());
        else {
          ring.push(step);
          model.push(step);
        }
        assert.equal(ring.length, model.length);
      }
      assert.deepEqual(
        Array.from({ length: ring.length + 1 }, (_, i) => ring.at(i)),
        [...model, undefined],
      );
    }),
  );
});

test('search finds the first of the later items', () => {
  const ring = new Ring<number>();
  for (let i = 0; i < 40; i++) ring.push(i * 2);
  for (let i = 0; i < 10; i++) ring.shift();
  assert.equal(
    ring.search((item) => item > 30),
    6,
  );
  assert.equal(
    ring.search((item) => item > 0),
    0,
  );
  assert.equal(
    ring.search((item) => item > 1_000),
    30,
  );
});
