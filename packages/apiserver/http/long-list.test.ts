import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import { partialObjectMetadata } from '#machinery/meta-table.ts';
import { listMeta } from '#machinery/meta.ts';
import { unwrapEnvelope } from '#machinery/protobuf/envelope.ts';
import { decodeEnvelope } from '#machinery/protobuf/protobuf.ts';
import { embedded, list, message, required } from '#machinery/schema.ts';
import { isReason } from '#machinery/status.ts';
import { StoredEntry } from '../cacher/entry.ts';
import { initialItem } from '../cacher/watch-item.ts';
import type { Accept, ApiReply } from '../call.ts';
import { represent } from '../registry/represent.ts';
import { codecOf } from '../registry/resources.ts';
import { listPieces, protobufItemsLength } from './representation.ts';

const codec = codecOf(configMaps);
const listSchema = message('v1.ConfigMapList', { metadata: embedded(1, listMeta), items: required(2, list(configMaps.schema)) });

const entries = Array.from({ length: 1_500 }, (_, i) => {
  const object = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: `cm-${i}`, namespace: 'default', labels: { 'é"}': 'ü' } }, data: { text: 'x'.repeat(i % 300) } };
  return StoredEntry.read(codec, StoredEntry.draft(codec, object).stored, i + 1);
});
const plain = { type: 'list', kind: configMaps, entries, metadata: { resourceVersion: '2000' } } as const;

function allBytes(pieces: Iterable<Buffer>): Buffer {
  const copies: Buffer[] = [];
  for (const piece of pieces) copies.push(Buffer.from(piece));
  return Buffer.concat(copies);
}

function shaped(as: Accept['as'], syntax: Accept['syntax']): Extract<ApiReply, { type: 'list' }> {
  const reply = represent(plain, { accept: { syntax, as, asVersion: 'v1', pretty: false }, query: new URLSearchParams(), now: () => 0 });
  assert.ok(reply.type === 'list');
  return reply;
}

test('a long list in protobuf is the same whether encodings are kept or not', async () => {
  const reply = plain;
  const form = { syntax: 'protobuf', pretty: false } as const;
  const bytes = (itemsLength?: number): Buffer => allBytes(listPieces(reply, { ...form, itemsLength }, Buffer.alloc(4_096)));
  const measured = bytes(await protobufItemsLength(reply, new AbortController().signal));
  assert.ok(measured.equals(bytes()));
  const decoded = decodeEnvelope<{ items: { metadata: { name: string; resourceVersion: string } }[] }>(listSchema, measured);
  assert.equal(decoded.items.length, 1_500);
  assert.deepEqual([decoded.items[7]!.metadata.name, decoded.items[7]!.metadata.resourceVersion], ['cm-7', '8']);
});

test('metadata alone is the same in both syntaxes, and keeps nothing decoded', async () => {
  const json = shaped('PartialObjectMetadataList', 'json');
  const text = allBytes(listPieces(json, { syntax: 'json', pretty: false }, Buffer.alloc(4_096))).toString();
  const shown = JSON.parse(text) as { kind: string; apiVersion: string; items: { kind: string; metadata: unknown }[] };
  assert.deepEqual([shown.kind, shown.apiVersion, shown.items.length, shown.items[0]!.kind], ['PartialObjectMetadataList', 'meta.k8s.io/v1', 1_500, 'PartialObjectMetadata']);
  const reply = shaped('PartialObjectMetadataList', 'protobuf');
  const itemsLength = await protobufItemsLength(reply, new AbortController().signal);
  const bytes = allBytes(listPieces(reply, { syntax: 'protobuf', pretty: false, itemsLength }, Buffer.alloc(4_096)));
  const schema = message('meta/v1.PartialObjectMetadataList', { metadata: embedded(1, listMeta), items: required(2, list(partialObjectMetadata)) });
  const decoded = decodeEnvelope<{ items: { metadata: unknown }[] }>(schema, bytes);
  assert.equal(unwrapEnvelope(bytes).kind, 'PartialObjectMetadataList');
  assert.deepEqual(decoded.items.map(({ metadata }) => metadata), shown.items.map(({ metadata }) => metadata));
  assert.notEqual(entries[0]!.objectOnce(), entries[0]!.objectOnce());
});

test('a table comes in pieces, and not in protobuf', () => {
  const bytes = allBytes(listPieces(shaped('Table', 'json'), { syntax: 'json', pretty: false }, Buffer.alloc(1_024)));
  const table = JSON.parse(bytes.toString()) as { kind: string; columnDefinitions: { name: string }[]; rows: { cells: unknown[]; object: { metadata: { name: string } } }[] };
  assert.deepEqual([table.kind, table.columnDefinitions.map(({ name }) => name)], ['Table', ['Name', 'Data', 'Age']]);
  assert.deepEqual(table.rows.map(({ cells }) => cells[0]), table.rows.map(({ object }) => object.metadata.name));
  assert.equal(table.rows.length, 1_500);
  const refused = (): unknown => listPieces(shaped('Table', 'protobuf'), { syntax: 'protobuf', pretty: false }, Buffer.alloc(1_024));
  assert.throws(refused, (error) => isReason(error, 'NotAcceptable') && /object \*v1.Table does not implement the protobuf marshalling interface/.test(String(error)));
});

test('what a watch begins with is the same in parts as whole', () => {
  const type = { kind: 'ConfigMap', apiVersion: 'v1' };
  for (const entry of entries.slice(0, 20)) {
    const item = initialItem(entry, type);
    assert.deepEqual(Buffer.concat(item.parts!('json')), item.json());
    assert.deepEqual(Buffer.concat(item.parts!('protobuf')), item.protobuf());
  }
});
