import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import { listMeta } from '#machinery/meta.ts';
import { decodeEnvelope } from '#machinery/protobuf/protobuf.ts';
import { embedded, list, message, required } from '#machinery/schema.ts';
import { StoredEntry } from '../cacher/entry.ts';
import { codecOf } from '../registry/resources.ts';
import { listPieces, protobufItemsLength } from './representation.ts';

const codec = codecOf(configMaps);
const listSchema = message('v1.ConfigMapList', { metadata: embedded(1, listMeta), items: required(2, list(configMaps.schema)) });

test('a long list in protobuf is the same whether encodings are kept or not', async () => {
  const entries = Array.from({ length: 1_500 }, (_, i) => {
    const object = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: `cm-${i}`, namespace: 'default' }, data: { text: 'x'.repeat(i % 300) } };
    return StoredEntry.read(codec, StoredEntry.draft(codec, object).stored, i + 1);
  });
  const reply = { type: 'list', kind: configMaps, entries, metadata: { resourceVersion: '2000' } } as const;
  const form = { syntax: 'protobuf', pretty: false } as const;
  const bytes = (itemsLength?: number): Buffer => {
    const copies: Buffer[] = [];
    for (const piece of listPieces(reply, { ...form, itemsLength }, Buffer.alloc(4_096))) copies.push(Buffer.from(piece));
    return Buffer.concat(copies);
  };
  const measured = bytes(await protobufItemsLength(entries));
  assert.ok(measured.equals(bytes()));
  const decoded = decodeEnvelope<{ items: { metadata: { name: string; resourceVersion: string } }[] }>(listSchema, measured);
  assert.equal(decoded.items.length, 1_500);
  assert.deepEqual([decoded.items[7]!.metadata.name, decoded.items[7]!.metadata.resourceVersion], ['cm-7', '8']);
});
