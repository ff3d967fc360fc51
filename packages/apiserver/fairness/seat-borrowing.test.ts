import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { divideSeats, smooth, type Lender } from './seat-borrowing.ts';

const level = (nominal: number, demand: number, more: Partial<Lender> = {}): Lender => ({ nominal, demand, smoothDemand: demand, lendable: Math.floor(nominal / 2), borrowingLimit: Infinity, ...more });

test('who needs more borrows from who needs less', () => {
  const cases: readonly (readonly [string, readonly Lender[], readonly number[]])[] = [
    ['one is busy, one is idle', [level(100, 400), level(100, 0)], [150, 50]],
    ['what is not lendable stays', [level(100, 400), level(100, 0, { lendable: 0 })], [100, 100]],
    ['a limit of borrowing holds', [level(100, 400, { borrowingLimit: 10 }), level(100, 0)], [110, 90]],
    ['who needs its own keeps it', [level(100, 400), level(100, 100)], [100, 100]],
    ['two share what a third lends', [level(100, 300), level(100, 300), level(100, 0)], [125, 125, 50]],
    ['nobody is busy', [level(100, 0), level(100, 0)], [100, 100]],
  ];
  for (const [name, levels, expected] of cases) assert.deepEqual(divideSeats(levels), expected, name);
});

test('demand rises at once and falls slowly', () => {
  assert.equal(smooth(10, 100), 100);
  assert.ok(smooth(100, 0) > 97 && smooth(100, 0) < 98);
});

test('the server has never more seats than it has, and every level keeps its own', () => {
  const some = fc.record({ nominal: fc.integer({ min: 1, max: 300 }), demand: fc.integer({ min: 0, max: 1000 }), lendablePercent: fc.integer({ min: 0, max: 100 }), smoothDemand: fc.integer({ min: 0, max: 1000 }) });
  fc.assert(
    fc.property(fc.array(some, { minLength: 1, maxLength: 8 }), (all) => {
      const levels = all.map((one) => ({ ...one, lendable: Math.round((one.nominal * one.lendablePercent) / 100), borrowingLimit: Infinity }));
      const seats = divideSeats(levels);
      const total = levels.reduce((sum, one) => sum + one.nominal, 0);
      assert.ok(seats.reduce((a, b) => a + b, 0) <= total + levels.length, 'but for rounding');
      for (const [index, one] of levels.entries()) assert.ok(seats[index]! >= Math.min(one.nominal, Math.max(1, one.nominal - one.lendable)));
    }),
  );
});
