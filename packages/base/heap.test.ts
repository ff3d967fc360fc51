import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { KeyedHeap } from './heap.ts';

type Step = { readonly type: 'set'; readonly key: number; readonly value: number } | { readonly type: 'delete'; readonly key: number } | { readonly type: 'pop' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constant('set' as const), key: fc.nat(20), value: fc.integer() }),
  fc.record({ type: fc.constant('delete' as const), key: fc.nat(20) }),
  fc.record({ type: fc.constant('pop' as const) }),
);

test('a keyed heap behaves like a sorted map', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const heap = new KeyedHeap<number, number>((a, b) => a < b);
      const model = new Map<number, number>();
      for (const one of steps) {
        if (one.type === 'set') {
          heap.set(one.key, one.value);
          model.set(one.key, one.value);
        } else if (one.type === 'delete') {
          assert.equal(heap.delete(one.key), model.get(one.key));
          model.delete(one.key);
        } else {
          const least = Math.min(...model.values());
          const popped = heap.pop();
          assert.equal(popped, model.size === 0 ? undefined : least);
          // Equal values: whichever key the heap no longer has is the one that left.
          for (const [key, value] of model) if (value === popped && !heap.has(key)) model.delete(key);
        }
        assert.equal(heap.size, model.size);
        assert.equal(heap.peek(), model.size === 0 ? undefined : Math.min(...model.values()));
      }
    }),
  );
});
