/** Objects and lists in the syntax that the client accepts. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { stringify } from 'yaml';
import { encodeJson } from '#machinery/encode.ts';
import { type Kind, groupVersionText } from '#machinery/kind.ts';
import { listMeta, status as statusSchema } from '#machinery/meta.ts';
import { listEnvelope, listItemLength, wrapEnvelope } from '#machinery/protobuf/envelope.ts';
import { encodeEnvelope, encodeProtobuf } from '#machinery/protobuf/protobuf.ts';
import type { Message } from '#machinery/schema.ts';
import { type StatusError, notAcceptable } from '#machinery/status.ts';
import type { Accept, ApiReply, Entry } from '../call.ts';

/** The `Content-Type` of each syntax. */
export const CONTENT_TYPE: Readonly<Record<Accept['syntax'], string>> = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: 'application/vnd.kubernetes.protobuf',
};

/** The size of the pieces in which lists are sent. */
export const PIECE_BYTES = 256 * 1024;

type ListReply = Extract<ApiReply, { readonly type: 'list' }>;

/** JSON for people: indented by two spaces. */
export function prettyJson(object: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(object, undefined, 2)}\n`);
}

/** An entry of the cache. */
export function entryBody(kind: Kind, entry: Entry, syntax: Accept['syntax'], pretty: boolean): Buffer {
  switch (syntax) {
    case 'json':
      return pretty ? prettyJson(JSON.parse(entry.json().toString())) : entry.json();
    case 'yaml':
      return Buffer.from(stringify(JSON.parse(entry.json().toString())));
    case 'protobuf':
      return wrapEnvelope({ apiVersion: groupVersionText(kind), kind: kind.kind }, entry.protobuf());
  }
}

/** An object made for one request. @throws StatusError NotAcceptable for protobuf of something that has no message type. */
export function objectBody(object: unknown, schema: Message | undefined, syntax: Accept['syntax'], pretty: boolean): Buffer {
  switch (syntax) {
    case 'json':
      return pretty ? prettyJson(object) : encodeJson(object);
    case 'yaml':
      return Buffer.from(stringify(object));
    case 'protobuf': {
      const { apiVersion, kind } = object as { apiVersion?: string; kind?: string };
      if (!schema || !apiVersion || !kind) throw notAcceptable([CONTENT_TYPE.json, CONTENT_TYPE.yaml]);
      return encodeEnvelope(schema, { ...(object as object), apiVersion, kind });
    }
  }
}

/** A failure. */
export function statusBody(error: StatusError, syntax: Accept['syntax'], pretty: boolean): Buffer {
  return objectBody(error.toStatus(), statusSchema, syntax, pretty);
}

/** In what form a list is sent. */
export interface ListForm {
  readonly syntax: Accept['syntax'];
  readonly pretty: boolean;
  /** Of a list that is too long to keep its encodings: what `protobufItemsLength` found. */
  readonly itemsLength?: number | undefined;
}

/**
 * A list as pieces of at most about `PIECE_BYTES`, made as they are asked for.
 * Every piece stands in `scratch`: it must have been sent or copied before the next is asked for.
 */
export function listPieces(reply: ListReply, form: ListForm, scratch: Buffer): Iterable<Buffer> {
  const { syntax, pretty } = form;
  if (syntax === 'protobuf') return joinPieces(protobufListParts(reply, form.itemsLength), scratch);
  if (syntax === 'json' && !pretty) return jsonListPieces(reply, scratch);
  const { kind, metadata, entries } = reply;
  const items = entries.map((entry) => withoutType(JSON.parse(entry.json().toString()) as object));
  const list = { kind: kind.listKind, apiVersion: groupVersionText(kind), metadata, items };
  return [syntax === 'yaml' ? Buffer.from(stringify(list)) : prettyJson(list)];
}

/** Items of a list carry no kind and apiVersion of their own. */
function withoutType(object: object): object {
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object as { kind?: string; apiVersion?: string };
  return rest;
}

/** Bytes of the whole list, when encoding every entry ahead is acceptable. */
export function jsonListLength(reply: ListReply): number {
  let length = jsonListStart(reply).length + LIST_END.length;
  const { strip } = itemStart(reply.kind);
  for (const entry of reply.entries) length += entry.json().length - strip.length + 1;
  // Each item lost its type and got a brace and a comma, but the first has no comma.
  return reply.entries.length === 0 ? length : length + reply.entries.length - 1;
}

const LIST_END = Buffer.from(']}\n');
const FIRST_ITEM = Buffer.from('{');
const NEXT_ITEM = Buffer.from(',{');

/** How entries of `kind` begin, up to the first member after their type. */
function itemStart(kind: Kind): { readonly strip: Buffer } {
  return { strip: Buffer.from(`{"kind":${JSON.stringify(kind.kind)},"apiVersion":${JSON.stringify(groupVersionText(kind))},`) };
}

function jsonListStart({ kind, metadata }: ListReply): Buffer {
  return Buffer.from(`{"kind":${JSON.stringify(kind.listKind)},"apiVersion":${JSON.stringify(groupVersionText(kind))},"metadata":${JSON.stringify(metadata)},"items":[`);
}

/** The list in pieces, every one put together in `scratch` but for entries that are larger than it. */
function* jsonListPieces(reply: ListReply, scratch: Buffer): Generator<Buffer> {
  const skipped = itemStart(reply.kind).strip.length;
  let used = jsonListStart(reply).copy(scratch);
  let separator = FIRST_ITEM;
  for (const entry of reply.entries) {
    const json = entry.json();
    const length = json.length - skipped;
    if (used + separator.length + length > scratch.length) {
      yield scratch.subarray(0, used);
      used = 0;
    }
    used += separator.copy(scratch, used);
    separator = NEXT_ITEM;
    if (used + length <= scratch.length) {
      used += json.copy(scratch, used, skipped);
      continue;
    }
    // Larger than a piece: it stands alone.
    yield scratch.subarray(0, used);
    yield json.subarray(skipped);
    used = 0;
  }
  if (used + LIST_END.length > scratch.length) {
    yield scratch.subarray(0, used);
    used = 0;
  }
  used += LIST_END.copy(scratch, used);
  yield scratch.subarray(0, used);
}

/** Of longer lists the encodings in protobuf are not kept: they are made once to learn the length that comes first, and once more to be sent. */
export const MAX_KEPT_ENTRIES = 1_000;

/** Entries that are measured without letting others have a turn: some milliseconds, when they have not been measured before. */
const MEASURED_AT_ONCE = 256;

const once = (entry: Entry): Buffer => entry.protobufOnce?.() ?? entry.protobuf();

/** Bytes that the entries of a long list take in protobuf. */
export async function protobufItemsLength(entries: readonly Entry[]): Promise<number> {
  let length = 0;
  for (const [i, entry] of entries.entries()) {
    length += listItemLength(entry.protobufLength?.() ?? once(entry).length);
    if (i % MEASURED_AT_ONCE === 0) await nextTurn();
  }
  return length;
}

function protobufListParts({ kind, metadata, entries }: ListReply, itemsLength: number | undefined): Iterable<Buffer> {
  const type = { apiVersion: groupVersionText(kind), kind: kind.listKind };
  const meta = encodeProtobuf(listMeta, metadata);
  if (itemsLength !== undefined) return listEnvelope(type, meta, mapped(entries, once), itemsLength);
  const items = entries.map((entry) => entry.protobuf());
  return listEnvelope(type, meta, items, items.reduce((sum, item) => sum + listItemLength(item.length), 0));
}

function* mapped<T, U>(all: Iterable<T>, make: (one: T) => U): Generator<U> {
  for (const one of all) yield make(one);
}

/** Copies parts together into `scratch`; those that are larger than it stand alone. */
function* joinPieces(parts: Iterable<Buffer>, scratch: Buffer): Generator<Buffer> {
  let used = 0;
  for (const part of parts) {
    if (used + part.length > scratch.length) {
      if (used > 0) yield scratch.subarray(0, used);
      used = 0;
      if (part.length > scratch.length) {
        yield part;
        continue;
      }
    }
    part.copy(scratch, used);
    used += part.length;
  }
  if (used > 0) yield scratch.subarray(0, used);
}
