import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BTree } from './btree.ts';

const byNumber = (a: number, b: number): number => a - b;

function check(tree: BTree<number, string>, model: ReadonlyMap<number, string>): void {
  const sorted = [...model].sort(([a], [b]) => a - b);
  assert.deepEqual([...tree.entries()], sorted);
  assert.equal(tree.size, model.size);
}

test('a tree behaves like a sorted map', () => {
  const step = fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 400 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 1_500, size: 'max' }), fc.integer({ min: -1, max: 401 }), (steps, from) => {
      const tree = new BTree<number, string>(byNumber);
      const model = new Map<number, string>();
      steps.forEach(([put, key], i) => {
        assert.equal(tree.get(key), model.get(key));
        assert.equal(put ? tree.set(key, `v${i}`) : tree.delete(key), model.get(key));
        if (put) model.set(key, `v${i}`);
        else model.delete(key);
      });
      check(tree, model);
      const after = [...model].filter(([key]) => key >= from).sort(([a], [b]) => a - b);
      assert.deepEqual([...tree.entries(from)], after);
      assert.equal(tree.rank(from), model.size - after.length);
      const scanned: [number, string][] = [];
      tree.scan(from, (key, value) => scanned.push([key, value]) < 5);
      assert.deepEqual(scanned, after.slice(0, 5));
    }),
    { numRuns: 40 },
  );
});

test('a clone and its original do not see each other’s changes', () => {
  const tree = new BTree<number, string>(byNumber);
  const model = new Map<number, string>();
  for (let i = 0; i < 5_000; i++) {
    tree.set(i, 'old');
    model.set(i, 'old');
  }
  const copy = tree.clone();
  const copyModel = new Map(model);
  for (let i = 0; i < 5_000; i += 3) {
    tree.delete(i);
    model.delete(i);
    copy.set(i + 0.5, 'new');
    copyModel.set(i + 0.5, 'new');
  }
  check(tree, model);
  check(copy, copyModel);
  for (let i = 0; i < 5_001; i++) tree.delete(i);
  assert.equal(tree.size, 0);
  check(copy, copyModel);
});
