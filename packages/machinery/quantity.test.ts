import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  quantityMilliValue,
  quantityOf,
  quantityOfMilli,
  quantitySign,
  quantityValue,
  subtractQuantities,
} from './quantity.ts';

const canonical: readonly (readonly [string, string])[] = [
  ['0', '0'],
  ['0.0', '0'],
  ['1', '1'],
  ['1000m', '1'],
  ['0.5', '500m'],
  ['1.5', '1500m'],
  ['1500m', '1500m'],
  ['1000', '1k'],
  ['1500', '1500'],
  ['100', '100'],
  ['1024', '1024'],
  ['1Ki', '1Ki'],
  ['1024Ki', '1Mi'],
  ['1.5Gi', '1536Mi'],
  ['0.5Ki', '512'],
  ['1000Ki', '1000Ki'],
  ['0.001Ki', '1024m'],
  ['1e3', '1e3'],
  ['1E3', '1e3'],
  ['1500e3', '1500e3'],
  ['12e-1', '1200e-3'],
  ['1E', '1E'],
  ['100k', '100k'],
  ['1000k', '1M'],
  ['+5', '5'],
  ['-5', '-5'],
  ['0.0000000001', '1n'],
  ['-0.0000000001', '-1n'],
  ['.5', '500m'],
  ['5.', '5'],
  ['0.1Ki', '102400m'],
  ['05', '5'],
  ['128974848', '128974848'],
  ['129e6', '129e6'],
  ['129M', '129M'],
  ['123Mi', '123Mi'],
  ['9223372036854775807', '9223372036854775807'],
  ['99999999999999999999', '9223372036854775807'],
  ['1u', '1u'],
  ['1000000n', '1m'],
];
for (const [text, wanted] of canonical) {
  test(`${text} is written ${wanted}`, () => assert.equal(canonicalQuantity(text), wanted));
}

for (const bad of ['', 'x', '1 ', '1x', '1.2.3', 'Ki', '--1', '1e', '1e1.5', '1Kib', '.', '1Ei1', '\u0661']) {
  test(`${JSON.stringify(bad)} is refused`, () => assert.throws(() => parseQuantity(bad), /quantities must match|unable to parse/));
}

test('values round away from zero', () => {
  assert.deepEqual(
    ['1m', '1500m', '-1m', '2', '1Ki', '1k', '3Gi', '1e3', '0.1', '1n'].map(quantityValue),
    [1, 2, -1, 2, 1024, 1000, 3221225472, 1000, 1, 1],
  );
  assert.deepEqual(
    ['1m', '0.1', '1u', '2', '1Ki', '500Mi', '123456789Ki'].map(quantityMilliValue),
    [1, 100, 1, 2000, 1024000, 524288000000, 126419751936000],
  );
});

test('sums keep the form of the first unless it is zero', () => {
  assert.equal(addQuantities('1Gi', '512Mi'), '1536Mi');
  assert.equal(addQuantities('0', '1Gi'), '1Gi');
  assert.equal(addQuantities('1500m', '500m'), '2');
  assert.equal(subtractQuantities('1', '1500m'), '-500m');
  assert.equal(compareQuantities('1000m', '1'), 0);
  assert.equal(compareQuantities('1Ki', '1k'), 1);
  assert.equal(quantitySign('-1'), -1);
  assert.equal(quantityOf(1024 * 1024, 'BinarySI'), '1Mi');
  assert.equal(quantityOfMilli(2500), '2500m');
});

const suffix = fc.constantFrom('', 'n', 'u', 'm', 'k', 'M', 'G', 'T', 'P', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'e3', 'e-2', 'E5');
const text = fc
  .tuple(fc.constantFrom('', '-'), fc.integer({ min: 0, max: 99999 }), fc.option(fc.integer({ min: 0, max: 999 }), { nil: undefined }), suffix)
  .map(([sign, whole, fraction, unit]) => `${sign}${whole}${fraction === undefined ? '' : `.${fraction}`}${unit}`);

test('canonical text is a fixed point and has the same value', () => {
  fc.assert(
    fc.property(text, (one) => {
      const once = canonicalQuantity(one);
      assert.equal(canonicalQuantity(once), once);
      assert.equal(formatQuantity(parseQuantity(once)), once);
      assert.equal(parseQuantity(once).nanos, parseQuantity(one).nanos);
      const { nanos } = parseQuantity(one);
      const up = (by: bigint): number => Number(nanos >= 0n ? (nanos + by - 1n) / by : -((-nanos + by - 1n) / by));
      assert.equal(quantityMilliValue(one), up(1_000_000n));
      assert.equal(quantityValue(one), up(1_000_000_000n));
    }),
  );
});
