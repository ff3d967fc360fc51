/** Objects and lists in the syntax that the client accepts. */
import { stringify } from 'yaml';
import { encodeJson } from '#machinery/encode.ts';
import type { Kind } from '#machinery/kind.ts';
import { groupVersionText } from '#machinery/kind.ts';
import { listMeta, status as statusSchema } from '#machinery/meta.ts';
import { encodeMessage } from '#machinery/protobuf.ts';
import type { Message } from '#machinery/schema.ts';
import { type StatusError, notAcceptable } from '#machinery/status.ts';
import type { Accept, ApiReply, Entry } from '../call.ts';

/** The `Content-Type` of each syntax. */
export const CONTENT_TYPE: Readonly<Record<Accept['syntax'], string>> = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: 'application/vnd.kubernetes.protobuf',
};

const MAGIC = Buffer.from('k8s\0');
/** `contentEncoding` and `contentType` of `runtime.Unknown`, both empty. */
const UNKNOWN_END = Buffer.from([0x1a, 0, 0x22, 0]);
const TAG_1 = 0x0a;
const TAG_2 = 0x12;

/** The size of the pieces in which lists are sent. */
const PIECE_BYTES = 128 * 1024;

type ListReply = Extract<ApiReply, { readonly type: 'list' }>;

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}

function member(tag: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.of(tag), varint(value.length), value]);
}

/** What stands before a message of `length` bytes in its envelope. */
function envelopeStart(apiVersion: string, kind: string, length: number): Buffer {
  const typeMeta = Buffer.concat([member(TAG_1, Buffer.from(apiVersion)), member(TAG_2, Buffer.from(kind))]);
  return Buffer.concat([MAGIC, member(TAG_1, typeMeta), Buffer.of(TAG_2), varint(length)]);
}

function enveloped(apiVersion: string, kind: string, message: Buffer): Buffer {
  return Buffer.concat([envelopeStart(apiVersion, kind, message.length), message, UNKNOWN_END]);
}

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
      return enveloped(groupVersionText(kind), kind.kind, entry.protobuf());
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
      return enveloped(apiVersion, kind, encodeMessage(schema, object as object));
    }
  }
}

/** A failure. */
export function statusBody(error: StatusError, syntax: Accept['syntax'], pretty: boolean): Buffer {
  return objectBody(error.toStatus(), statusSchema, syntax, pretty);
}

/** A list as pieces of bounded size, made as they are asked for. */
export function listPieces(reply: ListReply, syntax: Accept['syntax'], pretty: boolean): Iterable<Buffer> {
  if (syntax === 'protobuf') return protobufListPieces(reply);
  if (syntax === 'json' && !pretty) return joinPieces(jsonListParts(reply));
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

function* jsonListParts(reply: ListReply): Generator<Buffer> {
  const { strip } = itemStart(reply.kind);
  yield jsonListStart(reply);
  let separator = FIRST_ITEM;
  for (const entry of reply.entries) {
    const json = entry.json();
    yield separator;
    yield json.subarray(strip.length);
    separator = NEXT_ITEM;
  }
  yield LIST_END;
}

function* protobufListPieces(reply: ListReply): Generator<Buffer> {
  const { kind, metadata, entries } = reply;
  const meta = member(TAG_1, encodeMessage(listMeta, metadata));
  let length = meta.length;
  for (const entry of entries) {
    const size = entry.protobuf().length;
    length += 1 + varint(size).length + size;
  }
  yield* joinPieces(protobufListParts(envelopeStart(groupVersionText(kind), kind.listKind, length), meta, entries));
}

function* protobufListParts(start: Buffer, meta: Buffer, entries: readonly Entry[]): Generator<Buffer> {
  yield start;
  yield meta;
  for (const entry of entries) {
    const message = entry.protobuf();
    yield Buffer.concat([Buffer.of(TAG_2), varint(message.length)]);
    yield message;
  }
  yield UNKNOWN_END;
}

/** Copies small parts together into pieces. */
function* joinPieces(parts: Iterable<Buffer>): Generator<Buffer> {
  let piece = Buffer.allocUnsafe(PIECE_BYTES);
  let used = 0;
  for (const part of parts) {
    if (used + part.length > PIECE_BYTES) {
      if (used > 0) yield piece.subarray(0, used);
      piece = Buffer.allocUnsafe(PIECE_BYTES);
      used = 0;
      if (part.length > PIECE_BYTES) {
        yield part;
        continue;
      }
    }
    part.copy(piece, used);
    used += part.length;
  }
  if (used > 0) yield piece.subarray(0, used);
}
