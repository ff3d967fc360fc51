import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareKeys, prefixEnd } from './keys.ts';

const key = fc.string({
  unit: fc.constantFrom('a', 'b', '/', '\u007f', '\u0080', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}'),
  maxLength: 6,
});
const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8');

test('keys are ordered by their UTF-8 bytes', () => {
  fc.assert(fc.property(key, key, (a, b) => assert.equal(Math.sign(compareKeys(a, b)), Buffer.compare(utf8(a), utf8(b)))));
});

test('a prefix ends right after the last key that starts with it', () => {
  fc.assert(
    fc.property(key, key, (prefix, other) => {
      const end = prefixEnd(prefix);
      const inside = compareKeys(other, prefix) >= 0 && (end === undefined || compareKeys(other, end) < 0);
      assert.equal(inside, other.startsWith(prefix));
    }),
  );
  assert.equal(prefixEnd('/registry/pods/'), '/registry/pods0');
  assert.equal(prefixEnd(''), undefined);
});
