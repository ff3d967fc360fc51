import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { int32, list, map, message, optional, pointer, required, string } from '../schema.ts';
import { isReason } from '../status.ts';
import type { JsonObject, JsonValue } from './json-value.ts';
import { applyStrategicMergePatch } from './strategic-merge.ts';

const port = message('t/v1.Port', { port: required(1, int32), name: optional(2, string) });
const item = message('t/v1.Item', {
  name: required(1, string),
  value: optional(2, string),
  ports: optional(3, list(port), { patch: 'merge', mergeKey: 'port' }),
  args: optional(4, list(string)),
});
const strategy = message('t/v1.Strategy', { type: optional(1, string), rolling: pointer(2, port) });
const thing = message('t/v1.Thing', {
  items: optional(1, list(item), { patch: 'merge', mergeKey: 'name' }),
  plain: optional(2, list(item)),
  finalizers: optional(3, list(string), { patch: 'merge' }),
  labels: optional(4, map(string)),
  strategy: optional(5, strategy, { patch: 'retainKeys' }),
  one: pointer(6, item),
  lists: optional(7, list(list(string)), { patch: 'merge' }),
  selector: pointer(8, item, { patch: 'replace' }),
});

type Case = readonly [string, JsonObject, JsonObject, JsonObject];
const cases: readonly Case[] = [
  ['scalars and nested structs', { one: { name: 'a', value: 'x' } }, { one: { value: 'y' } }, { one: { name: 'a', value: 'y' } }],
  [
    'null removes',
    { one: { name: 'a', value: 'x' }, labels: { a: '1', b: '2' } },
    { one: { value: null }, labels: { a: null } },
    { one: { name: 'a' }, labels: { b: '2' } },
  ],
  [
    'null for what is absent',
    { labels: {} },
    { labels: { a: null }, one: null, selector: { name: 'x', value: null } },
    { labels: {}, selector: { name: 'x' } },
  ],
  [
    'lists merge by key',
    { items: [{ name: 'a', value: '1' }, { name: 'b' }] },
    { items: [{ name: 'b', value: '2' }] },
    {
      items: [
        { name: 'a', value: '1' },
        { name: 'b', value: '2' },
      ],
    },
  ],
  [
    'new items come first where the patch has no place among the old',
    { items: [{ name: 'a' }] },
    { items: [{ name: 'b' }] },
    { items: [{ name: 'b' }, { name: 'a' }] },
  ],
  ['lists without strategy are replaced', { plain: [{ name: 'a' }] }, { plain: [{ name: 'b' }] }, { plain: [{ name: 'b' }] }],
  [
    'nested keyed lists',
    { items: [{ name: 'a', ports: [{ port: 80 }] }] },
    { items: [{ name: 'a', ports: [{ port: 80, name: 'http' }, { port: 81 }] }] },
    { items: [{ name: 'a', ports: [{ port: 80, name: 'http' }, { port: 81 }] }] },
  ],
  ['delete an item', { items: [{ name: 'a' }, { name: 'b' }] }, { items: [{ name: 'a', $patch: 'delete' }] }, { items: [{ name: 'b' }] }],
  ['replace a list', { items: [{ name: 'a' }, { name: 'b' }] }, { items: [{ name: 'c' }, { $patch: 'replace' }] }, { items: [{ name: 'c' }] }],
  ['replace a struct', { one: { name: 'a', value: 'x' } }, { one: { name: 'b', $patch: 'replace' } }, { one: { name: 'b' } }],
  ['delete a struct', { one: { name: 'a' } }, { one: { $patch: 'delete' } }, { one: {} }],
  ['struct strategy replace', { selector: { name: 'a', value: 'x' } }, { selector: { name: 'b' } }, { selector: { name: 'b' } }],
  ['sets merge', { finalizers: ['a', 'b'] }, { finalizers: ['b', 'c'] }, { finalizers: ['a', 'b', 'c'] }],
  ['delete from a set', { finalizers: ['a', 'b'] }, { '$deleteFromPrimitiveList/finalizers': ['a', 'x'] }, { finalizers: ['b'] }],
  [
    'retain keys',
    { strategy: { type: 'Rolling', rolling: { port: 1 } } },
    { strategy: { $retainKeys: ['type'], type: 'Recreate' } },
    { strategy: { type: 'Recreate' } },
  ],
  [
    'set order',
    { items: [{ name: 'a' }, { name: 'b' }, { name: 'x' }] },
    { '$setElementOrder/items': [{ name: 'b' }, { name: 'c' }, { name: 'a' }], items: [{ name: 'c', value: 'n' }] },
    { items: [{ name: 'b' }, { name: 'c', value: 'n' }, { name: 'a' }, { name: 'x' }] },
  ],
  [
    'set order with a deletion',
    { items: [{ name: 'a' }, { name: 'b' }] },
    { '$setElementOrder/items': [{ name: 'b' }], items: [{ name: 'a', $patch: 'delete' }] },
    { items: [{ name: 'b' }] },
  ],
  ['set order of a new list', {}, { '$setElementOrder/finalizers': ['b', 'a'], finalizers: ['b', 'a'] }, { finalizers: ['b', 'a'] }],
  [
    'new values lose everything that carries $patch, and keep other directives as the unknown members that they are',
    {},
    {
      one: { name: 'a', $retainKeys: ['name'], ports: [{ port: 1, $patch: 'delete' }, { port: 2 }, { port: 3, $patch: 'merge' }] },
      labels: { a: 'b', $patch: 'replace' },
    },
    { one: { name: 'a', $retainKeys: ['name'], ports: [{ port: 2 }] } },
  ],
  [
    'a new item of a list is taken as it is',
    { items: [{ name: 'a' }] },
    { items: [{ name: 'b', value: null, $retainKeys: [] }] },
    { items: [{ name: 'b', value: null, $retainKeys: [] }, { name: 'a' }] },
  ],
  ['type change takes the patch', { labels: { a: '1' } }, { labels: ['x'] }, { labels: ['x'] }],
];

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(freeze);
    Object.freeze(value);
  }
  return value;
}

for (const [name, document, patch, wanted] of cases) {
  test(name, () => assert.deepEqual(applyStrategicMergePatch(thing, freeze(document), freeze(patch)), wanted));
}

const UNCLASSIFIED = [
  'list element types are not identical',
  'does not contain declared merge key',
  'merging lists cannot',
  'The order in patch list',
];
const bad: readonly (readonly [JsonObject, JsonValue, string])[] = [
  [{}, [], 'invalid JSON document'],
  [{ items: [{ name: 'a' }] }, { items: [{ value: 'x' }] }, 'map: map[value:x] does not contain declared merge key: name'],
  [{ items: [{ name: 'a' }] }, { items: [{ name: 'a', $patch: 'merge' }] }, 'merging lists cannot yet be specified in the patch'],
  [{ items: [{ name: 'a' }] }, { items: [{ $patch: 'replace' }, { value: 'x' }] }, 'map: map[value:x] does not contain declared merge key: name'],
  [{ finalizers: ['a'] }, { finalizers: ['b', 1] }, 'list element types are not identical: [[a] [b 1]]'],
  [{ strategy: {} }, { strategy: { $retainKeys: 'x' } }, 'invalid patch format of retainKeys'],
  [{ strategy: {} }, { strategy: { $retainKeys: ['a'], type: 'b' } }, 'invalid patch format of retainKeys'],
  [{}, { $setElementOrder: [] }, 'invalid patch format of setElementOrder list'],
  [{}, { $deleteFromPrimitiveList: ['x'] }, 'invalid patch format of primitive list'],
  [
    { items: [] },
    { '$setElementOrder/items': [{ name: 'b' }], items: [{ name: 'a' }] },
    "The order in patch list:\n[map[name:a]]\n doesn't match $setElementOrder list:\n[map[name:b]]\n",
  ],
];
for (const [document, patch, message_] of bad) {
  test(`refused: ${JSON.stringify(message_.slice(0, 60))}`, () =>
    assert.throws(
      () => applyStrategicMergePatch(thing, document, patch),
      (error) => isReason(error, UNCLASSIFIED.some((text) => message_.includes(text)) ? '' : 'BadRequest') && error.message === message_,
    ));
}

test('an unknown directive and lists of lists are unprocessable', () => {
  const patches: readonly JsonObject[] = [{ one: { $patch: 'x' } }, { lists: [['a']] }];
  for (const patch of patches) {
    assert.throws(
      () => applyStrategicMergePatch(thing, { one: { name: 'a' }, lists: [['b']] }, patch),
      (error) => isReason(error, 'Invalid') && error.code === 422,
    );
  }
});

const name = fc.constantFrom('a', 'b', 'c', 'd');
const items = fc
  .uniqueArray(fc.record({ name, value: fc.option(name, { nil: undefined }) }), { selector: (one) => one.name })
  .map((all) => JSON.parse(JSON.stringify(all)) as JsonObject[]);

test('merging by key is idempotent, keeps what only the server has, and takes the order asked for', () => {
  fc.assert(
    fc.property(items, items, (served, patched) => {
      const document = freeze({ items: served });
      const once = applyStrategicMergePatch(thing, document, freeze({ items: patched }));
      assert.deepEqual(applyStrategicMergePatch(thing, once, { items: patched }), once);
      const names = (once['items'] as JsonObject[]).map((one) => one['name']);
      assert.deepEqual(new Set(names), new Set([...served, ...patched].map((one) => one['name'])));
      const wanted = patched.map((one) => one['name']);
      assert.deepEqual(
        names.filter((one) => wanted.includes(one!)),
        wanted,
      );
      const ordered = applyStrategicMergePatch(thing, document, {
        items: patched,
        '$setElementOrder/items': patched.map((one) => ({ name: one['name']! })),
      });
      assert.deepEqual(ordered, once);
    }),
  );
});
