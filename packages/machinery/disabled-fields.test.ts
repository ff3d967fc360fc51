import assert from 'node:assert/strict';
import test from 'node:test';
import { dropDisabledFields } from './disabled-fields.ts';
import { embedded, inline, lazy, list, map, message, optional, pointer, string } from './schema.ts';

const common = message('t/v1.Common', { shared: optional(1, string, { gates: ['Off'] }) });
const part = message('t/v1.Part', { name: optional(1, string), young: optional(2, string, { gates: ['Off'] }), old: optional(3, string, { gates: ['On'] }) });
const tree: ReturnType<typeof message> = message('t/v1.Tree', { value: pointer(1, string, { gates: ['On', 'Off'] }), children: optional(2, list(lazy(() => tree))) });
const thing = message('t/v1.Thing', {
  parts: optional(1, list(part)),
  byName: optional(2, map(part)),
  nested: embedded(3, message('t/v1.Nested', { common: inline(1, common), tree: pointer(2, tree) })),
});
const gate = (name: string): boolean => name === 'On';
const drop = dropDisabledFields(thing, gate)!;
const after = (draft: object, stored?: object): object => {
  drop(draft, stored);
  return draft;
};

test('fields of features that are off go, wherever they stand', () => {
  assert.deepEqual(after({ parts: [{ name: 'a', young: 'x', old: 'y' }], byName: { b: { young: 'x' } } }), { parts: [{ name: 'a', old: 'y' }], byName: { b: {} } });
  assert.deepEqual(after({ nested: { shared: 'x', tree: { value: 'a', children: [{ value: 'b' }, { children: [{ value: 'c' }] }] } } }), {
    nested: { tree: { children: [{}, { children: [{}] }] } },
  });
});

test('what the stored object uses already may stay', () => {
  const stored = Object.freeze({ parts: Object.freeze([Object.freeze({ young: 'x' })]) });
  assert.deepEqual(after({ parts: [{ name: 'new', young: 'y' }], nested: { shared: 'x' } }, stored), { parts: [{ name: 'new', young: 'y' }], nested: {} });
});

test('types without such fields are not walked', () => {
  assert.equal(dropDisabledFields(thing, () => true), undefined);
});
