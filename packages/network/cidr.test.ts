import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addressAt, contains, formatAddress, formatCidr, overlaps, parseAddress, parseCidr } from './cidr.ts';

test('addresses parse back to what they print as', () => {
  fc.assert(fc.property(fc.nat(0xffffffff), (value) => assert.equal(parseAddress(formatAddress(value)), value)));
  for (const bad of ['', '1.2.3', '1.2.3.4.5', '256.0.0.1', '01.2.3.4', 'a.b.c.d', '1.2.3.4 ', '::1'])
    assert.equal(parseAddress(bad), undefined, bad);
});

test('ranges lose their host bits', () => {
  assert.equal(formatCidr(parseCidr('10.89.3.77/24')!), '10.89.3.0/24');
  assert.equal(formatCidr(parseCidr('10.89.3.77')!), '10.89.3.77/32');
  assert.equal(formatCidr(parseCidr('255.1.1.1/0')!), '0.0.0.0/0');
  for (const bad of ['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', 'fd00::/64']) assert.equal(parseCidr(bad), undefined, bad);
});

test('a range contains its addresses and overlaps what it contains', () => {
  fc.assert(
    fc.property(
      fc.nat(0xffffffff),
      fc.integer({ min: 0, max: 32 }),
      fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      (value, prefix, at) => {
        const range = parseCidr(`${formatAddress(value)}/${prefix}`)!;
        const inside = parseCidr(addressAt(range, Math.floor(at * 2 ** (32 - prefix))))!;
        assert.ok(contains(range, inside));
        assert.ok(overlaps(range, inside) && overlaps(inside, range));
        assert.equal(contains(inside, range), prefix === 32);
      },
    ),
  );
});

test('neighbouring ranges do not overlap', () => {
  assert.ok(!overlaps(parseCidr('10.89.0.0/24')!, parseCidr('10.89.1.0/24')!));
  assert.ok(overlaps(parseCidr('10.0.0.0/8')!, parseCidr('10.89.1.0/24')!));
});
