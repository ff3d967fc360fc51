import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from './kind.ts';
import { shareFields } from './managed-fields/interned.ts';
import { objectText, readObject } from './object-json.ts';

const own = { 'f:metadata': { 'f:labels': { '.': {}, 'f:a"b': {} } }, 'f:spec': { 'f:x': {}, 'k:{"ip":"10.0.0.1"}': { '.': {}, 'f:ip': {} } } };
const entry = { manager: 'kubelet "ä"', operation: 'Update', apiVersion: 'v1', time: '2026-01-02T03:04:05Z', fieldsType: 'FieldsV1', fieldsV1: own };

const cases: readonly (readonly [string, unknown])[] = [
  ['no managed fields', { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'a' }, spec: { b: 1 } }],
  ['an empty list of them', { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'a', managedFields: [] }, spec: {} }],
  ['one', { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'a', managedFields: [entry] }, spec: { b: 1 }, status: {} }],
  ['several, with a subresource and without fields', { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'a', managedFields: [entry, { ...entry, subresource: 'status' }, { manager: 'm', operation: 'Apply' }, {}] }, spec: { list: [1, null, 'x'] } }],
  ['nothing else in the metadata', { kind: 'Pod', apiVersion: 'v1', metadata: { managedFields: [entry] } }],
  ['nothing but metadata', { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'a', managedFields: [{ fieldsV1: {} }] } }],
  ['texts that look like JSON', { kind: 'Pod', apiVersion: 'v1', metadata: { name: '"}', annotations: { a: '{"metadata":{}}' }, managedFields: [entry] }, data: { '}': '"{' } }],
];

for (const [what, object] of cases) {
  test(`the text of an object with ${what} is that of its JSON`, () => {
    assert.equal(objectText(object as KubeObject), JSON.stringify(object));
  });
}

test('sets that objects share have the same text as their own', () => {
  const shared = { ...entry, fieldsV1: shareFields(structuredClone(own)) };
  const object = { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'a', managedFields: [shared, entry] }, spec: {} };
  assert.equal(objectText(object as unknown as KubeObject), JSON.stringify(object));
});

test('objects that are read are equal, and share the sets of fields that they have in common', () => {
  const text = (name: string): string => JSON.stringify({ kind: 'Pod', apiVersion: 'v1', metadata: { name, managedFields: [{ ...entry, manager: name }, { manager: 'm' }] }, spec: { name } });
  const [first, second, third] = ['a', 'b', 'c'].map((name) => readObject(text(name)));
  assert.deepEqual([first, second, third], ['a', 'b', 'c'].map((name) => JSON.parse(text(name)) as unknown));
  assert.equal(second!.metadata.managedFields![0]!.fieldsV1, third!.metadata.managedFields![0]!.fieldsV1);
});
