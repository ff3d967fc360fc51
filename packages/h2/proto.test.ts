import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { bool, bytes, integer, integers, listOf, maybeInteger, message, nanos, nested, text, textMap, words } from './proto.ts';

const inner = message({ name: text(1), level: integer(2) });
const all = message({
  text: text(1),
  flag: bool(2),
  count: integer(3),
  raw: bytes(4),
  atMs: nanos(5),
  mode: words(6, 'off', 'slow', 'fast'),
  inner: nested(7, inner),
  maybe: maybeInteger(8),
  texts: listOf(text(9)),
  inners: listOf(nested(10, inner)),
  numbers: integers(16),
  map: textMap(200),
});

const whole = fc.maxSafeInteger();
const arbitrary = fc.record({
  text: fc.string(),
  flag: fc.boolean(),
  count: whole,
  raw: fc.uint8Array(),
  atMs: fc.nat(2 ** 31),
  mode: fc.constantFrom('off', 'slow', 'fast'),
  inner: fc.option(fc.record({ name: fc.string(), level: whole }, { noNullPrototype: true }), { nil: undefined }),
  maybe: fc.option(whole, { nil: undefined }),
  texts: fc.array(fc.string()),
  inners: fc.array(fc.record({ name: fc.string(), level: whole }, { noNullPrototype: true })),
  numbers: fc.array(whole),
  map: fc.dictionary(fc.string().filter((key) => key !== '__proto__'), fc.string(), { noNullPrototype: true }),
});

describe('protobuf messages', () => {
  it('come back as they were sent', () => {
    fc.assert(
      fc.property(arbitrary, (value) => {
        const back = all.decode(all.encode(value));
        assert.deepEqual({ ...back, raw: [...back.raw] }, { ...value, raw: [...value.raw] });
      }),
      { numRuns: 300 },
    );
  });

  it('are the bytes that the specification says', () => {
    assert.equal(all.encode({ text: 'hi', count: 300, flag: true }).toString('hex'), '0a02686910011' + '8ac02');
    assert.equal(all.encode({ count: -1 }).toString('hex'), '18ffffffffffffffffff01');
    assert.equal(all.encode({ maybe: 0 }).toString('hex'), '4200');
    assert.equal(all.encode({ numbers: [1, 2] }).toString('hex'), '8201020102');
    assert.equal(all.encode({ text: '', count: 0, flag: false, mode: 'off' }).length, 0);
  });

  it('fill in what was not sent', () => {
    assert.deepEqual(all.decode(Buffer.alloc(0)), {
      text: '',
      flag: false,
      count: 0,
      raw: new Uint8Array(),
      atMs: 0,
      mode: 'off',
      inner: undefined,
      maybe: undefined,
      texts: [],
      inners: [],
      numbers: [],
      map: {},
    });
  });

  it('skip fields that are unknown, or travel in another way than ours', () => {
    const unknown = Buffer.from('f83f01' + 'f93f0102030405060708' + 'fd3f01020304' + 'fa3f020102' + '0807', 'hex');
    assert.equal(all.decode(Buffer.concat([unknown, all.encode({ text: 'x' })])).text, 'x');
  });

  it('say when they are cut off', () => {
    assert.throws(() => all.decode(Buffer.from([0x0a, 0x05, 0x68])), RangeError);
    assert.throws(() => all.decode(Buffer.from([0x18, 0x80])), RangeError);
  });

  it('take unpacked lists of numbers too', () => assert.deepEqual(all.decode(Buffer.from([0x80, 0x01, 5, 0x80, 0x01, 6])).numbers, [5, 6]));

  it('hold a zero in filters, which means something there', () => {
    const request = message({ filter: nested(1, message({ state: nested(2, message({ state: words(1, 'created', 'running') })) })) });
    assert.equal(request.encode({ filter: { state: { state: 'created' } } }).toString('hex'), '0a021200');
  });
});
