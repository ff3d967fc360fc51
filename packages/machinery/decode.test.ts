import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeObject, strictDecodingError } from './decode.ts';
import { duplicateFields } from './duplicate-fields.ts';
import { encodeJson, joinSpliced, spliceJson, withResourceVersion } from './encode.ts';
import { objectText } from './object-json.ts';
import { objectMeta, typeMeta } from './meta.ts';
import {
  bool,
  bytes,
  duration,
  embedded,
  inline,
  int32,
  int64,
  intOrString,
  json,
  lazy,
  list,
  map,
  message,
  microTime,
  optional,
  pointer,
  quantity,
  required,
  string,
  time,
  type Message,
} from './schema.ts';
import { isReason } from './status.ts';
import { arbitraryMessage } from './testing/arbitrary.ts';

const source = message('test/v1.Source', { path: required(1, string), depth: pointer(2, int32) });
const item = message('test/v1.Item', {
  name: required(1, string),
  source: inline(2, source),
  limit: pointer(3, quantity),
  port: pointer(4, intOrString),
});
const tree: Message = message('test/v1.Tree', { children: optional(1, list(lazy(() => tree))) });
const spec = message('test/v1.WidgetSpec', {
  replicas: pointer(1, int32),
  size: optional(2, int64),
  paused: optional(3, bool),
  items: required(4, list(item)),
  tags: optional(5, list(string)),
  selector: optional(6, map(string)),
  limits: optional(7, map(quantity)),
  at: pointer(8, time),
  precise: pointer(9, microTime),
  wait: pointer(10, duration),
  blob: optional(11, bytes),
  anything: pointer(12, json),
  tree: pointer(13, tree),
});
const widget = message('test/v1.Widget', { ...typeMeta, metadata: embedded(1, objectMeta), spec: embedded(2, spec) });

const strict = { mode: 'strict' } as const;
const head = { apiVersion: 'test/v1', kind: 'Widget' };
const decode = (body: object): unknown => decodeObject(widget, { ...head, ...body }, strict).object;
const decodeSpec = (body: object): unknown => (decode({ spec: body }) as { spec: object }).spec;

test('members stand in schema order, structs are always there, required members have their zero', () => {
  assert.equal(JSON.stringify(decode({})), '{"kind":"Widget","apiVersion":"test/v1","metadata":{},"spec":{"items":[]}}');
  assert.equal(
    JSON.stringify(decodeSpec({ tags: ['a'], items: [{ limit: '1', depth: 0, path: '/', name: 'x' }], replicas: 0, size: 0, paused: false })),
    '{"replicas":0,"items":[{"name":"x","path":"/","depth":0,"limit":"1"}],"tags":["a"]}',
  );
});

test('null and empty optional members are dropped, null items become zero values', () => {
  assert.deepEqual(decodeSpec({ replicas: null, tags: [], selector: {}, blob: '', items: [null] }), { items: [{ name: '', path: '' }] });
  assert.deepEqual(decodeSpec({ tags: ['a', null], selector: { a: null } }), { items: [], tags: ['a', ''], selector: { a: '' } });
});

test('scalars become canonical', () => {
  assert.deepEqual(
    decodeSpec({
      limits: { cpu: '1000m', memory: '1024Mi', n: 0.5 },
      at: '2026-01-02T05:04:05.9+02:00',
      precise: '2026-01-02T03:04:05.123456Z',
      wait: '90m',
      blob: 'aGk=',
      items: [{ name: 'x', path: '', port: '80%' }],
    }),
    {
      items: [{ name: 'x', path: '', port: '80%' }],
      limits: { cpu: '1', memory: '1Gi', n: '500m' },
      at: '2026-01-02T03:04:05Z',
      precise: '2026-01-02T03:04:05.123456Z',
      wait: '1h30m0s',
      blob: 'aGk=',
    },
  );
});

test('maps are sorted and take any key', () => {
  const parsed = JSON.parse('{"selector":{"b":"1","__proto__":"2","a":"3"},"limits":{"z":"1","__proto__":"2"}}') as object;
  const out = decodeSpec(parsed) as { selector: object; limits: object };
  assert.deepEqual(Object.keys(out.selector), ['__proto__', 'a', 'b']);
  assert.deepEqual(Object.keys(out.limits), ['__proto__', 'z']);
  assert.equal(Object.getPrototypeOf(out.limits), Object.prototype);
});

test('unknown fields are reported with their path and dropped', () => {
  const body = JSON.parse(
    '{"kind":"Widget","foo":1,"spec":{"items":[{"name":"a"},{"name":"b","bar":{}}],"Replicas":1},"metadata":{"labels":{"x":"y"},"__proto__":{"admin":true}}}',
  ) as object;
  const { object, problems } = decodeObject(widget, body, strict);
  assert.deepEqual(problems, [
    'unknown field "foo"',
    'unknown field "spec.items[1].bar"',
    'unknown field "spec.Replicas"',
    'unknown field "metadata.__proto__"',
  ]);
  assert.equal(strictDecodingError(problems.slice(0, 2)), 'strict decoding error: unknown field "foo", unknown field "spec.items[1].bar"');
  assert.equal('admin' in (object as { metadata: object }).metadata, false);
  assert.deepEqual(decodeObject(widget, body, { mode: 'ignore' }).problems, []);
});

test('duplicate fields are reported from the text', () => {
  const text =
    '{"kind":"Widget","spec":{"size":1,"tags":["}","\\"a"],"size":2,"items":[{"name":"a","na\\u006de":"b"}]},"metadata":{"labels":{"a":"1","a":"2","a":"3"}}}';
  assert.deepEqual(decodeObject(widget, JSON.parse(text), { mode: 'warn', text }).problems, [
    'duplicate field "spec.size"',
    'duplicate field "spec.items[0].name"',
    'duplicate field "metadata.labels.a"',
  ]);
  const many = `{${Array.from({ length: 40 }, (_, i) => `"k${i}":1`).join(',')},"k39":2,"k0":2}`;
  assert.deepEqual(duplicateFields(many), ['duplicate field "k39"', 'duplicate field "k0"']);
});

const mismatches: readonly (readonly [object, string])[] = [
  [{ replicas: '3' }, 'json: cannot unmarshal string into Go struct field WidgetSpec.spec.replicas of type int32'],
  [{ replicas: 1.5 }, 'json: cannot unmarshal number 1.5 into Go struct field WidgetSpec.spec.replicas of type int32'],
  [{ replicas: 2147483648 }, 'json: cannot unmarshal number 2147483648 into Go struct field WidgetSpec.spec.replicas of type int32'],
  [{ items: {} }, 'json: cannot unmarshal object into Go struct field WidgetSpec.spec.items of type []v1.Item'],
  [{ items: [{ name: 5 }] }, 'json: cannot unmarshal number into Go struct field Item.spec.items.name of type string'],
  [{ items: [{ name: 'a', depth: true }] }, 'json: cannot unmarshal bool into Go struct field Item.spec.items.depth of type int32'],
  [{ items: ['a'] }, 'json: cannot unmarshal string into Go struct field WidgetSpec.spec.items of type v1.Item'],
  [{ selector: { a: 1 } }, 'json: cannot unmarshal number into Go struct field WidgetSpec.spec.selector of type string'],
  [{ selector: [] }, 'json: cannot unmarshal array into Go struct field WidgetSpec.spec.selector of type map[string]string'],
  [{ tags: [{}] }, 'json: cannot unmarshal object into Go struct field WidgetSpec.spec.tags of type string'],
  [{ limits: { cpu: 'lots' } }, "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"],
  [{ limits: { cpu: '1Kk' } }, "unable to parse quantity's suffix"],
  [{ at: 'x' }, 'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"'],
  [{ at: '2026-13-01T00:00:00Z' }, 'parsing time "2026-13-01T00:00:00Z": month out of range'],
  [{ at: 5 }, 'json: cannot unmarshal number into Go value of type string'],
  [{ precise: '2026-01-02T03:04:05Z' }, 'parsing time "2026-01-02T03:04:05Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"'],
  [{ wait: 'x' }, 'time: invalid duration "x"'],
  [{ items: [{ port: true }] }, 'json: cannot unmarshal bool into Go value of type int32'],
  [{ blob: '???' }, 'illegal base64 data at input byte 0'],
];
for (const [body, message_] of mismatches) {
  test(`a bad value is a BadRequest: ${message_}`, () => {
    assert.throws(
      () => decodeSpec(body),
      (error) => isReason(error, 'BadRequest') && error.message === `Widget in version "v1" cannot be handled as a Widget: ${message_}`,
    );
  });
}

test('depth is bounded', () => {
  let deep: unknown = {};
  for (let i = 0; i < 2000; i += 1) deep = { children: [deep] };
  assert.throws(() => decodeSpec({ tree: deep }), /exceeded max depth/);
  let raw: unknown = 1;
  for (let i = 0; i < 2000; i += 1) raw = [raw];
  assert.throws(() => decodeSpec({ anything: raw }), /exceeded max depth/);
});

test('a root that is not an object is refused', () => {
  assert.throws(
    () => decodeObject(widget, [], strict),
    /the object provided is unrecognized \(must be of type Widget\): json: cannot unmarshal array into Go value of type v1.Widget/,
  );
});

test('what would end a script is escaped, as Go does it', () => {
  const object = { kind: 'W', apiVersion: 'v1', metadata: { name: 'a' }, data: { '<k>': 'a & b\u2028\u2029é"\n\u0001' } };
  const wanted = '"data":{"\\u003ck\\u003e":"a \\u0026 b\\u2028\\u2029é\\"\\n\\u0001"}}';
  assert.ok(String(encodeJson(object)).endsWith(wanted));
  assert.ok(objectText(object).endsWith(wanted));
  const managedFields = [{ manager: '<m>', operation: 'Update', fieldsV1: { 'f:data': { 'f:<k>': {} } } }] as const;
  const managed = { ...object, metadata: { ...object.metadata, managedFields } } as const;
  assert.deepEqual(JSON.parse(objectText(managed)), managed);
  assert.equal(objectText(managed), String(encodeJson(managed)));
  assert.equal(String(encodeJson('plain é')), '"plain é"');
});

test('a resourceVersion takes its place among the members', () => {
  const object = { kind: 'W', apiVersion: 'v1', metadata: { name: 'a', uid: 'u', creationTimestamp: 't' } };
  const wanted = '{"kind":"W","apiVersion":"v1","metadata":{"name":"a","uid":"u","resourceVersion":"7","creationTimestamp":"t"}}';
  assert.equal(String(encodeJson(withResourceVersion(object, '7'))), wanted);
  assert.equal(joinSpliced(spliceJson(object), '7'), wanted);
  assert.equal(joinSpliced(spliceJson(withResourceVersion(object, '3')), '7'), wanted);
});

test('a quantity held by value always shows', () => {
  const selector = message('test/v1.Selector', { resource: required(1, string), divisor: optional(2, quantity) });
  assert.deepEqual(decodeObject(selector, { resource: 'limits.cpu' }, strict).object, { resource: 'limits.cpu', divisor: '0' });
});

test('times, quantities and the like that are held by value show when they are not set, and so do nullable pointers', () => {
  const held = message('test/v1.Held', {
    at: optional(1, time),
    precise: optional(2, microTime),
    port: optional(3, intOrString),
    divisor: optional(4, quantity),
    group: pointer(5, string, { nullable: true }),
    made: optional(6, time, { omitZero: true }),
    until: pointer(7, time),
  });
  const unset = { at: null, precise: null, port: 0, divisor: '0', group: null };
  assert.deepEqual(decodeObject(held, {}, strict).object, unset);
  const zero = '0001-01-01T00:00:00Z';
  assert.deepEqual(
    decodeObject(held, { at: zero, precise: '0001-01-01T00:00:00.000000Z', made: zero, until: zero, port: 0 }, strict).object,
    unset,
    'the zero time is no time',
  );
  assert.deepEqual(decodeObject(held, { at: '0001-01-01T00:00:01Z', group: '' }, strict).object, { ...unset, at: '0001-01-01T00:00:01Z', group: '' });
});

test('an object inside another one shows its kind only when it has one', () => {
  const holder = message('test/v1.Holder', { ...typeMeta, templates: optional(1, list(widget)) });
  const { object } = decodeObject(holder, { templates: [{}, { kind: 'Widget', apiVersion: '' }] }, strict);
  assert.equal(
    JSON.stringify(object),
    '{"kind":"","apiVersion":"","templates":[{"metadata":{},"spec":{"items":[]}},{"kind":"Widget","metadata":{},"spec":{"items":[]}}]}',
  );
});

test('parts shared with a decoded object are taken as they are, and the outcome is the same', () => {
  fc.assert(
    fc.property(arbitraryMessage(widget), arbitraryMessage(widget), fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }), (one, other, choices) => {
      const known = decodeObject<Json>(widget, { ...one, ...head }, { mode: 'ignore' }).object;
      const { spec: more } = decodeObject<Json>(widget, { ...other, ...head }, { mode: 'ignore' }).object;
      const mixed: { [name: string]: unknown } = { ...known.spec };
      Object.keys(more).forEach((name, i) => {
        if (choices[i]) mixed[name] = more[name];
      });
      const changed = { ...known, spec: mixed };
      const plain = decodeObject<Json>(widget, structuredClone(changed), { mode: 'ignore' }).object;
      const sharing = decodeObject<Json>(widget, changed, { mode: 'ignore', known }).object;
      assert.deepEqual(sharing, plain);
      assert.equal(sharing['metadata'], known['metadata']);
    }),
  );
});

type Json = { spec: Json; [name: string]: unknown };

test('an object of its own shares nothing that could be changed', () => {
  fc.assert(
    fc.property(arbitraryMessage(widget), (json) => {
      const { object } = decodeObject<Json>(widget, { ...json, ...head }, { mode: 'ignore' });
      const freeze = (value: unknown): void => {
        if (typeof value !== 'object' || value === null) return;
        Object.freeze(value);
        Object.values(value).forEach(freeze);
      };
      freeze(object);
      const own = decodeObject<Json>(widget, object, { mode: 'ignore', own: true }).object;
      assert.deepEqual(own, object);
      const open = (value: unknown): void => {
        if (typeof value !== 'object' || value === null) return;
        assert.ok(!Object.isFrozen(value) || Object.keys(value).length === 0);
        Object.entries(value).forEach(([name, one]) => name !== 'fieldsV1' && open(one));
      };
      open(own);
    }),
  );
});
