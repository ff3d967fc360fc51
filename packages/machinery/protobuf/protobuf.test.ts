import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeObject } from '../decode.ts';
import { objectMeta, typeMeta } from '../meta.ts';
import {
  bool,
  bytes,
  double,
  duration,
  embedded,
  inline,
  int32,
  int64,
  intOrString,
  json,
  jsonSchemaPropsOrArray,
  jsonSchemaPropsOrBool,
  jsonSchemaPropsOrStringArray,
  lazy,
  list,
  map,
  message,
  microTime,
  optional,
  pointer,
  quantity,
  rawExtension,
  required,
  string,
  time,
  type Message,
} from '../schema.ts';
import { isReason } from '../status.ts';
import { arbitraryMessage } from '../testing/arbitrary.ts';
import { FrameSplitter, listEnvelope, listItemLength, readWatchEvent, unwrapEnvelope, watchFrame, wrapEnvelope } from './envelope.ts';
import { decodeEnvelope, decodeProtobuf, encodeEnvelope, encodeProtobuf } from './protobuf.ts';

const part = message('t/v1.Part', { path: required(1, string), count: pointer(2, int32) });
const props: Message = message('t/v1.JSONSchemaProps', {
  type: optional(5, string),
  maximum: pointer(9, double),
  items: pointer(24, jsonSchemaPropsOrArray),
  properties: optional(29, map(lazy(() => props))),
  additionalProperties: pointer(30, jsonSchemaPropsOrBool),
  dependencies: optional(32, map(jsonSchemaPropsOrStringArray)),
});
const all = message('t/v1.All', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  text: optional(3, string),
  flag: required(2, bool),
  small: optional(4, int32),
  big: pointer(5, int64),
  blob: optional(6, bytes),
  blobs: optional(7, map(bytes)),
  at: optional(8, time),
  precise: pointer(9, microTime),
  wait: pointer(10, duration),
  limits: optional(11, map(quantity)),
  port: pointer(12, intOrString),
  raw: optional(13, rawExtension),
  any: pointer(14, json),
  part: inline(15, part),
  numbers: optional(16, list(int64)),
  words: optional(17, list(string)),
  extra: optional(18, map(list(string), 'ExtraValue')),
  schema: pointer(19, props),
  ratio: optional(20, double),
  parts: optional(21, list(part)),
});

const hex = (value: unknown, schema: Message): string => encodeProtobuf(schema, value).toString('hex');
const one = (field: Record<string, Parameters<typeof message>[1][string]>): Message => message('t/v1.One', field);

const golden: readonly (readonly [string, Message, unknown, string])[] = [
  ['zero values are written', one({ a: required(1, string), b: optional(2, bool), c: optional(3, int32) }), {}, '0a0010001800'],
  ['fields ascend by number', one({ b: optional(2, bool), a: required(1, string) }), { a: 'x', b: true }, '0a01781001'],
  ['absent pointers are not written', one({ a: pointer(1, int32), b: pointer(2, part) }), {}, ''],
  ['zero pointers are', one({ a: pointer(1, int32) }), { a: 0 }, '0800'],
  ['negative numbers take ten bytes', one({ a: pointer(1, int32) }), { a: -1 }, '08ffffffffffffffffff01'],
  ['embedded structs are written when empty', one({ a: embedded(1, part) }), {}, '0a020a00'],
  ['inline structs nest', one({ p: inline(2, part) }), { path: '/', count: 1 }, '12050a012f1001'],
  ['time', one({ a: optional(1, time) }), { a: '1970-01-01T00:02:08Z' }, '0a050880011000'],
  ['zero time', one({ a: optional(1, time) }), {}, '0a00'],
  ['micro time', one({ a: pointer(1, microTime) }), { a: '1970-01-01T00:00:01.000002Z' }, '0a05080110d00f'],
  ['duration', one({ a: required(1, duration) }), { a: '1us' }, '0a0308e807'],
  ['quantity', one({ a: required(1, quantity) }), { a: '500m' }, '0a060a043530306d'],
  ['int or string: int', one({ a: required(1, intOrString) }), { a: 80 }, '0a06080010501a00'],
  ['int or string: text', one({ a: required(1, intOrString) }), { a: '5%' }, '0a080801' + '1000' + '1a023525'],
  ['bytes', one({ a: optional(1, bytes) }), { a: 'aGk=' }, '0a026869'],
  ['maps are sorted', one({ a: optional(1, map(string)) }), { a: { b: '2', a: '' } }, '0a050a01611200' + '0a060a0162120132'],
  ['scalars are not packed', one({ a: optional(1, list(int32)) }), { a: [1, 2] }, '08010802'],
  ['wrapped lists', one({ a: optional(1, map(list(string), 'X')) }), { a: { k: ['v'] } }, '0a080a016b12030a0176'],
  ['raw JSON', one({ a: optional(1, rawExtension) }), { a: { b: 1 } }, '0a090a077b2262223a317d'],
  ['no raw', one({ a: optional(1, rawExtension) }), {}, '0a00'],
  ['kind and apiVersion are not part of the message', one({ ...typeMeta, a: pointer(1, bool) }), { kind: 'K', apiVersion: 'v1', a: false }, '0800'],
];
for (const [name, schema, value, wanted] of golden) test(name, () => assert.equal(hex(value, schema), wanted));

test('the envelope', () => {
  const bytes_ = wrapEnvelope({ apiVersion: 'v1', kind: 'Pod' }, Buffer.from('0800', 'hex'));
  assert.equal(bytes_.toString('hex'), '6b387300' + '0a09' + '0a027631' + '1203506f64' + '12020800' + '1a00' + '2200');
  assert.deepEqual(unwrapEnvelope(bytes_), { apiVersion: 'v1', kind: 'Pod', raw: Buffer.from('0800', 'hex'), contentEncoding: '', contentType: '' });
  assert.throws(
    () => unwrapEnvelope(Buffer.from('{}')),
    (error) => isReason(error, 'BadRequest'),
  );
});

const canonical = (value: unknown): unknown => decodeObject(all, value, { mode: 'strict' }).object;

test('every canonical object survives', () => {
  fc.assert(
    fc.property(arbitraryMessage(all, 0.5), (value) => {
      const object = canonical(value) as { kind: string; apiVersion: string };
      const back = decodeEnvelope(all, encodeEnvelope(all, object));
      assert.equal(JSON.stringify(back), JSON.stringify(object));
      assert.equal(hex(back, all), hex(object, all));
    }),
    { numRuns: 500 },
  );
});

test('JSON schema unions refer to the schema they stand in', () => {
  const schema = {
    type: 'object',
    items: { type: 'a' },
    additionalProperties: { type: 'string' },
    dependencies: { a: ['b'], c: { type: 'd' } },
    properties: { x: { additionalProperties: true, items: [{ type: 'y' }] } },
  };
  const { object } = decodeObject(props, schema, { mode: 'strict' });
  assert.deepEqual(decodeProtobuf(props, encodeProtobuf(props, object)), object);
});

test('packed scalars are read, unknown fields are passed over', () => {
  const numbers = message('t/v1.N', { a: optional(1, list(int32)), b: optional(2, string) });
  assert.deepEqual(decodeProtobuf(numbers, Buffer.from('0a03010203' + '1a0161' + '2001' + '2d00000000' + '310000000000000000' + '120178', 'hex')), {
    a: [1, 2, 3],
    b: 'x',
  });
});

test('malformed bytes are a BadRequest, whatever they are', () => {
  for (const bad of ['0a', '0a05', '0aff', '00', '0b', 'ffffffffffffffffffff01', '1801']) {
    try {
      decodeProtobuf(all, Buffer.from(bad, 'hex'));
    } catch (error) {
      assert.ok(isReason(error, 'BadRequest'), String(error));
      continue;
    }
    assert.fail(`${bad} was accepted`);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
      try {
        decodeProtobuf(all, Buffer.from(noise));
      } catch (error) {
        assert.ok(isReason(error, 'BadRequest'), String(error));
      }
    }),
    { numRuns: 3000 },
  );
});

test('lists and watch frames', () => {
  const items = [Buffer.from('0800', 'hex'), Buffer.alloc(300, 1)];
  const meta = Buffer.from('0a00', 'hex');
  const { raw, kind } = unwrapEnvelope(Buffer.concat([...listEnvelope({ apiVersion: 'v1', kind: 'PodList' }, meta, items, items.reduce((sum, item) => sum + listItemLength(item.length), 0))]));
  assert.equal(kind, 'PodList');
  assert.equal(raw.subarray(0, 8).toString('hex'), '0a020a0012020800');
  const frames = [watchFrame('ADDED', items[1]!), watchFrame('DELETED', Buffer.alloc(0))];
  const splitter = new FrameSplitter();
  const events: unknown[] = [];
  for (const byte of Buffer.concat(frames)) for (const frame of splitter.push(Buffer.from([byte]))) events.push(readWatchEvent(frame));
  assert.deepEqual(events, [
    { type: 'ADDED', object: items[1] },
    { type: 'DELETED', object: Buffer.alloc(0) },
  ]);
  assert.throws(
    () => splitter.push(Buffer.from('ffffffff', 'hex')),
    (error) => isReason(error, 'BadRequest'),
  );
});
