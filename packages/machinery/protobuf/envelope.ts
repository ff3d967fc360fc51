/**
 * What stands around protobuf messages: the `k8s\0` envelope of objects and lists, and the frames of watches.
 *
 * Source: apimachinery `runtime/serializer/protobuf` and the length-delimited framer.
 */
import { malformed, BYTES, Reader } from './reader.ts';

const MAGIC = Buffer.from('k8s\0', 'latin1');
/** `contentEncoding` and `contentType`, both empty and always written. */
const TAIL = Buffer.from([0x1a, 0x00, 0x22, 0x00]);
/** Frames longer than this are refused. Source: the client's frame reader. */
export const MAX_FRAME_BYTES = 16 * 1024 * 1024;

/** `apiVersion` and `kind`, which protobuf objects carry in the envelope only. */
export interface TypeMeta {
  readonly apiVersion: string;
  readonly kind: string;
}

/** What an envelope holds. */
export interface Envelope extends TypeMeta {
  /** A view into the bytes that were read. */
  readonly raw: Buffer;
  readonly contentEncoding: string;
  readonly contentType: string;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 128) | 0x80);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}

function delimited(tag: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag]), varint(value.length), value]);
}

/** Everything before a raw message of `rawLength` bytes. */
export function envelopeHead(type: TypeMeta, rawLength: number): Buffer {
  const meta = Buffer.concat([delimited(0x0a, Buffer.from(type.apiVersion)), delimited(0x12, Buffer.from(type.kind))]);
  return Buffer.concat([MAGIC, delimited(0x0a, meta), Buffer.from([0x12]), varint(rawLength)]);
}

/** A message in its envelope. */
export function wrapEnvelope(type: TypeMeta, raw: Buffer): Buffer {
  return Buffer.concat([envelopeHead(type, raw.length), raw, TAIL]);
}

/** Whether the bytes are an enveloped object. */
export function hasEnvelope(bytes: Buffer): boolean {
  return bytes.length >= MAGIC.length && bytes.subarray(0, MAGIC.length).equals(MAGIC);
}

function readTypeMeta(reader: Reader): TypeMeta {
  let apiVersion = '';
  let kind = '';
  while (!reader.done) {
    const tag = reader.uint();
    if (tag === 0x0a) apiVersion = reader.text();
    else if (tag === 0x12) kind = reader.text();
    else reader.skip(tag & 7);
  }
  return { apiVersion, kind };
}

/**
 * Opens an envelope.
 * @throws StatusError BadRequest for anything else.
 */
export function unwrapEnvelope(bytes: Buffer): Envelope {
  if (!hasEnvelope(bytes)) throw malformed('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  const reader = new Reader(bytes, MAGIC.length);
  let type: TypeMeta = { apiVersion: '', kind: '' };
  let raw: Buffer = Buffer.alloc(0);
  let contentEncoding = '';
  let contentType = '';
  while (!reader.done) {
    const tag = reader.uint();
    if (tag === 0x0a) type = readTypeMeta(reader.message());
    else if (tag === 0x12) raw = reader.bytes();
    else if (tag === 0x1a) contentEncoding = reader.text();
    else if (tag === 0x22) contentType = reader.text();
    else reader.skip(tag & 7);
  }
  return { ...type, raw, contentEncoding, contentType };
}

const ITEM_TAG = Buffer.from([0x12]);

/** Bytes that an item of `length` bytes takes in a list. */
export function listItemLength(length: number): number {
  let varintLength = 1;
  for (let rest = length; rest >= 0x80; rest = Math.floor(rest / 128)) varintLength++;
  return ITEM_TAG.length + varintLength + length;
}

/**
 * The bytes of an enveloped list in pieces, so that items that are encoded already are not copied: `ListMeta` is field 1, `items` field 2.
 * `itemsLength`: the sum of `listItemLength` of all items, which come as they are asked for.
 */
export function* listEnvelope(type: TypeMeta, listMeta: Buffer, items: Iterable<Buffer>, itemsLength: number): Generator<Buffer> {
  const meta = delimited(0x0a, listMeta);
  yield envelopeHead(type, meta.length + itemsLength);
  yield meta;
  for (const item of items) {
    yield Buffer.concat([ITEM_TAG, varint(item.length)]);
    yield item;
  }
  yield TAIL;
}

/** A watch event: four bytes of length (big-endian), then `WatchEvent{type: 1, object: 2 {raw: 1}}` with the enveloped object. */
export function watchFrame(type: string, enveloped: Buffer): Buffer {
  const event = Buffer.concat([delimited(0x0a, Buffer.from(type)), delimited(0x12, delimited(0x0a, enveloped))]);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(event.length);
  return Buffer.concat([head, event]);
}

/** A watch event as read: the object still in its envelope. */
export interface WatchFrame {
  readonly type: string;
  readonly object: Buffer;
}

/** Reads the `WatchEvent` message of a frame (without the length). */
export function readWatchEvent(event: Buffer): WatchFrame {
  const reader = new Reader(event);
  let type = '';
  let object: Buffer = Buffer.alloc(0);
  while (!reader.done) {
    const tag = reader.uint();
    if (tag === 0x0a) type = reader.text();
    else if (tag === 0x12) {
      const raw = reader.message();
      while (!raw.done) {
        const inner = raw.uint();
        if (inner === 0x08 + BYTES) object = raw.bytes();
        else raw.skip(inner & 7);
      }
    } else reader.skip(tag & 7);
  }
  return { type, object };
}

/** Cuts a stream of bytes into frames. */
export class FrameSplitter {
  #pending: Buffer = Buffer.alloc(0);

  /**
   * The frames that `chunk` completes, without their lengths.
   * @throws StatusError when a frame exceeds `MAX_FRAME_BYTES`.
   */
  push(chunk: Buffer): Buffer[] {
    let data = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const frames: Buffer[] = [];
    while (data.length >= 4) {
      const length = data.readUInt32BE(0);
      if (length > MAX_FRAME_BYTES) throw malformed(`frame of ${length} bytes exceeds ${MAX_FRAME_BYTES}`);
      if (data.length < 4 + length) break;
      frames.push(data.subarray(4, 4 + length));
      data = data.subarray(4 + length);
    }
    this.#pending = data;
    return frames;
  }
}
