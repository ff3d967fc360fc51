import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeObject } from '../decode.ts';
import type { KubeObject } from '../kind.ts';
import { objectMeta, typeMeta } from '../meta.ts';
import type { JsonObject } from '../patch/json-value.ts';
import { bool, embedded, int32, list, map, message, optional, pointer, required, string } from '../schema.ts';
import { arbitraryMessage } from '../testing/arbitrary.ts';
import { compareObjects } from './compare.ts';
import { type FieldTree, pathsOf, union } from './field-tree.ts';
import { objectShape } from './shape.ts';
import { ownable, updateManagedFields, withoutEntries, zeroObject } from './update.ts';

const item = message('t/v1.Item', { name: required(1, string), port: required(2, int32), on: pointer(3, bool), more: optional(4, map(string)) });
const spec = message('t/v1.Spec', {
  items: optional(1, list(item), { listType: 'map', keys: ['name'] }),
  tags: optional(2, list(string), { listType: 'set' }),
  whole: optional(3, list(string)),
  selector: optional(4, map(string), { mapType: 'atomic' }),
  replicas: pointer(5, int32),
  nested: embedded(6, item),
});
const thing = message('t/v1.Thing', { ...typeMeta, metadata: embedded(1, objectMeta), spec: embedded(2, spec), status: embedded(3, spec) });

test('a creator owns what a comparison with nothing finds', () => {
  fc.assert(
    fc.property(arbitraryMessage(thing), fc.boolean(), (json, ignoring) => {
      const { object } = decodeObject<KubeObject>(thing, { ...json, kind: 'Thing', apiVersion: 't/v1' }, { mode: 'ignore' });
      const { managedFields: _entries, ...metadata } = object.metadata;
      const next = { ...object, metadata } as KubeObject;
      const write = {
        schema: thing,
        apiVersion: 't/v1',
        manager: 'm',
        subresource: '',
        time: '2026-01-01T00:00:00Z',
        ignored: ignoring ? [['status']] : undefined,
      };
      const { added, modified } = compareObjects(objectShape(thing), zeroObject(thing), withoutEntries(next) as JsonObject);
      const expected = pathsOf(ownable(union(added, modified), write));
      const [entry] = updateManagedFields(write, undefined, next);
      assert.deepEqual(entry ? pathsOf(entry.fieldsV1 as FieldTree) : [], expected);
    }),
    { numRuns: 300 },
  );
});
