import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Kind, KubeObject } from './kind.ts';
import { partialObjectMetadata, partialObjectMetadataList, tableOf } from './table.ts';
import { ageText } from './time.ts';

const object: KubeObject = { kind: 'W', apiVersion: 'v1', metadata: { name: 'a', creationTimestamp: '1970-01-01T00:00:00Z' } };
const options = { version: 'v1', includeObject: 'Metadata', nowMs: 90_000, metadata: { resourceVersion: '5' } } as const;
const kind: Pick<Kind, 'columns'> = {
  columns: [
    { name: 'Name', type: 'string', format: 'name', cell: (one) => one.metadata.name ?? '' },
    { name: 'Age', type: 'string', priority: 1, cell: (one, nowMs) => ageText(one.metadata.creationTimestamp, nowMs) },
  ],
};

test('a table has the cells that the kind declares', () => {
  assert.deepEqual(tableOf(kind, [object], options), {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion: '5' },
    columnDefinitions: [
      { name: 'Name', type: 'string', format: 'name', description: '', priority: 0 },
      { name: 'Age', type: 'string', format: '', description: '', priority: 1 },
    ],
    rows: [{ cells: ['a', '90s'], object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata } }],
  });
});

test('kinds without columns show name and creation time; rows carry what was asked', () => {
  const table = tableOf({ columns: [] }, [object], { ...options, includeObject: 'None', omitColumns: true });
  assert.deepEqual([table.columnDefinitions, table.rows], [[], [{ cells: ['a', '1970-01-01T00:00:00Z'] }]]);
  assert.equal(tableOf({ columns: [] }, [object], { ...options, includeObject: 'Object' }).rows[0]!.object, object);
});

test('metadata alone', () => {
  const meta = partialObjectMetadata(object, 'v1beta1');
  assert.deepEqual(meta, { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1beta1', metadata: object.metadata });
  assert.deepEqual(partialObjectMetadataList([object], {}, 'v1beta1').items, [meta]);
});
