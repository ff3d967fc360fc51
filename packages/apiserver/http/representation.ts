/** Objects and lists in the syntax that the client accepts. */
import { stringify } from 'yaml';
import { nextTurn } from '#base/event-loop.ts';
import { encodeJson, escapeText } from '#machinery/encode.ts';
import { type Kind, groupVersionText } from '#machinery/kind.ts';
import { listMeta, status as statusSchema } from '#machinery/meta.ts';
import { listEnvelope, listItemLength, wrapEnvelope } from '#machinery/protobuf/envelope.ts';
import { encodeEnvelope, encodeProtobuf } from '#machinery/protobuf/protobuf.ts';
import type { Message } from '#machinery/schema.ts';
import { StatusError, notAcceptable } from '#machinery/status.ts';
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
  return Buffer.from(`${escapeText(JSON.stringify(object, undefined, 2))}\n`);
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
  /** For protobuf: what `protobufItemsLength` found. */
  readonly itemsLength?: number | undefined;
}

/**
 * A list as pieces of at most about `PIECE_BYTES`, made as they are asked for.
 * Every piece stands in `scratch`: it must have been sent or copied before the next is asked for.
 * @throws StatusError NotAcceptable for protobuf of a list that has no message type
 */
export function listPieces(reply: ListReply, form: ListForm, scratch: Buffer): Iterable<Buffer> {
  const { syntax, pretty } = form;
  if (syntax === 'protobuf') return joinPieces(protobufListParts(reply, form.itemsLength ?? itemsLengthNow(reply)), scratch);
  if (syntax === 'json' && !pretty) return jsonListPieces(reply, scratch);
  const { metadata, entries, shape } = reply;
  const items = entries.map((entry) => (shape ? shape.item(entry) : withoutType(JSON.parse(entry.json().toString()) as object)));
  const list = { ...typeOf(reply), metadata, ...shape?.members, [shape?.itemsName ?? 'items']: items };
  return [syntax === 'yaml' ? Buffer.from(stringify(list)) : prettyJson(list)];
}

/** Items of a list carry no kind and apiVersion of their own. */
function withoutType(object: object): object {
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object as { kind?: string; apiVersion?: string };
  return rest;
}

function typeOf({ kind, shape }: ListReply): { readonly kind: string; readonly apiVersion: string } {
  return shape ? { kind: shape.kind, apiVersion: shape.apiVersion } : { kind: kind.listKind, apiVersion: groupVersionText(kind) };
}

/** Bytes of the whole list of objects, when encoding every entry ahead is acceptable. */
export function jsonListLength(reply: ListReply): number {
  let length = jsonListStart(reply).length + LIST_END.length;
  const { skipped } = jsonItems(reply);
  for (const entry of reply.entries) length += entry.json().length - skipped + 1;
  // Each item lost its type and got a brace and a comma, but the first has no comma.
  return reply.entries.length === 0 ? length : length + reply.entries.length - 1;
}

const LIST_END = Buffer.from(']}\n');
const FIRST_ITEM = Buffer.from('{');
const NEXT_ITEM = Buffer.from(',{');

/** How an entry becomes an item: its JSON without the first bytes, up to the first member after the type. */
function jsonItems({ kind, shape }: ListReply): { readonly json: (entry: Entry) => Buffer; readonly skipped: number } {
  if (shape) return { json: (entry) => encodeJson(shape.item(entry)), skipped: FIRST_ITEM.length };
  const start = `{"kind":${JSON.stringify(kind.kind)},"apiVersion":${JSON.stringify(groupVersionText(kind))},`;
  return { json: (entry) => entry.json(), skipped: Buffer.byteLength(start) };
}

function jsonListStart(reply: ListReply): Buffer {
  const head = escapeText(JSON.stringify({ ...typeOf(reply), metadata: reply.metadata, ...reply.shape?.members }));
  return Buffer.from(`${head.slice(0, -1)},${JSON.stringify(reply.shape?.itemsName ?? 'items')}:[`);
}

/** The list in pieces, every one put together in `scratch` but for entries that are larger than it. */
function* jsonListPieces(reply: ListReply, scratch: Buffer): Generator<Buffer> {
  const { json: jsonOf, skipped } = jsonItems(reply);
  const start = jsonListStart(reply);
  let used = start.length > scratch.length ? 0 : start.copy(scratch);
  if (used === 0) yield start;
  let separator = FIRST_ITEM;
  for (const entry of reply.entries) {
    const json = jsonOf(entry);
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
const MAX_KEPT_ENTRIES = 1_000;

/** Entries that are measured without letting others have a turn: a few milliseconds, when they have not been measured before. */
const MEASURED_AT_ONCE = 32;

interface ProtobufItems {
  readonly item: (entry: Entry) => Buffer;
  readonly length: (entry: Entry) => number;
}

/** How entries become items in protobuf. @throws StatusError NotAcceptable */
export function protobufItems({ entries, shape }: ListReply): ProtobufItems {
  if (shape) {
    if (!shape.protobuf) throw notMarshalable(shape.kind);
    return shape.protobuf;
  }
  if (entries.length <= MAX_KEPT_ENTRIES) return { item: (entry) => entry.protobuf(), length: (entry) => entry.protobuf().length };
  const item = (entry: Entry): Buffer => entry.protobufOnce?.() ?? entry.protobuf();
  return { item, length: (entry) => entry.protobufLength?.() ?? item(entry).length };
}

/** Source: apimachinery `serializer/protobuf`. */
function notMarshalable(kind: string): StatusError {
  const message = `object *v1.${kind} does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message`;
  return new StatusError({ code: 406, reason: 'NotAcceptable', message });
}

/** Bytes that the items of a list take in protobuf, which come before the first of them; others have their turns meanwhile. */
export async function protobufItemsLength(reply: ListReply, signal: AbortSignal): Promise<number> {
  const { length } = protobufItems(reply);
  let sum = 0;
  for (const [i, entry] of reply.entries.entries()) {
    sum += listItemLength(length(entry));
    if (i % MEASURED_AT_ONCE !== MEASURED_AT_ONCE - 1) continue;
    await nextTurn();
    if (signal.aborted) break;
  }
  return sum;
}

function itemsLengthNow(reply: ListReply): number {
  const { length } = protobufItems(reply);
  return reply.entries.reduce((sum, entry) => sum + listItemLength(length(entry)), 0);
}

function protobufListParts(reply: ListReply, itemsLength: number): Iterable<Buffer> {
  return listEnvelope(typeOf(reply), encodeProtobuf(listMeta, reply.metadata), mapped(reply.entries, protobufItems(reply).item), itemsLength);
}

function* mapped<T, U>(all: Iterable<T>, make: (one: T) => U): Generator<U> {
  for (const one of all) yield make(one);
}

/** Copies parts together into `scratch`; those that are larger than it stand alone. */
export function* joinPieces(parts: Iterable<Buffer>, scratch: Buffer): Generator<Buffer> {
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
