import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Indexes } from './indexes.ts';

test('indexes are written as upstream writes them', () => {
  const cases: readonly [number[], string][] = [
    [[], ''],
    [[3], '3'],
    [[1, 2], '1,2'],
    [[1, 2, 3], '1-3'],
    [[7, 0, 2, 3, 4], '0,2-4,7'],
  ];
  for (const [numbers, text] of cases) assert.equal(Indexes.of(numbers).toString(), text);
});

test('parsing drops what is beyond the completions', () => {
  assert.equal(Indexes.parse('0,2-4,7', 4).toString(), '0,2,3');
  assert.equal(Indexes.parse('x', 4).size, 0);
});

test('sets of indexes behave as sets', () => {
  const numbers = fc.array(fc.nat(40));
  fc.assert(
    fc.property(numbers, numbers, (a, b) => {
      const [x, y] = [Indexes.of(a), Indexes.of(b)];
      const [setA, setB] = [new Set(a), new Set(b)];
      assert.equal(x.size, setA.size);
      assert.equal(x.union(y).size, setA.union(setB).size);
      assert.equal(x.common(y), setA.intersection(setB).size);
      for (let i = 0; i < 45; i++) assert.equal(x.has(i), setA.has(i));
      assert.deepEqual(x.firstMissing(5, 41), Array.from({ length: 41 }, (_, i) => i).filter((i) => !setA.has(i)).slice(0, 5));
      assert.equal(Indexes.parse(x.toString(), 100).toString(), x.toString());
    }),
  );
});
