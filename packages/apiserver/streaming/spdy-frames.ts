/**
 * SPDY/3.1 as far as a client of streaming servers needs it: what it sends as bytes, what it receives as calls.
 *
 * Source: the SPDY protocol, draft 3.1. Header blocks are sent as stored (uncompressed) deflate blocks, each followed by an empty one, which is
 * what a compressor writes when it is flushed; headers that a server replies with mean nothing to us and are not read.
 */

/** What arrives on a connection. */
export interface SpdyEvents {
  /** A piece of a stream's data; `last` when the other side has closed its half. */
  data(streamId: number, piece: Buffer, last: boolean): void;
  /** The other side has given the stream up. */
  reset(streamId: number): void;
  /** A ping that wants to come back as it is. */
  ping(frame: Buffer): void;
}

const HEADER_BYTES = 8;
/** Control frames that we read are short; a longer one is not SPDY. */
const MAX_CONTROL_BYTES = 64 * 1024;
const VERSION = 3;
const SYN_STREAM = 1;
const SYN_REPLY = 2;
const RST_STREAM = 3;
const PING = 6;
const FLAG_FIN = 1;
const STREAM_ID_MASK = 0x7fff_ffff;
const ZLIB_HEADER = Buffer.from([0x78, 0x01]);
const EMPTY_BLOCK = Buffer.from([0x00, 0x00, 0x00, 0xff, 0xff]);

/** Opens stream `id` with these headers (names in lower case); `first` on the connection's first stream, where the compressed text begins. */
export function synStream(id: number, headers: Readonly<Record<string, string>>, first: boolean): Buffer {
  const names = Object.entries(headers).flat();
  const block = Buffer.alloc(4 + names.reduce((sum, text) => sum + 4 + Buffer.byteLength(text), 0));
  let at = block.writeUInt32BE(names.length / 2, 0);
  for (const text of names) {
    const length = block.write(text, at + 4, 'latin1');
    block.writeUInt32BE(length, at);
    at += 4 + length;
  }
  const stored = Buffer.alloc(5);
  stored.writeUInt16LE(block.length, 1);
  stored.writeUInt16LE(~block.length & 0xffff, 3);
  const body = Buffer.concat([Buffer.alloc(10), ...(first ? [ZLIB_HEADER] : []), stored, block, EMPTY_BLOCK]);
  body.writeUInt32BE(id, 0);
  return Buffer.concat([controlHeader(SYN_STREAM, body.length), body]);
}

/** The eight bytes before a stream's data. */
export function dataHeader(id: number, length: number, last: boolean): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(id, 0);
  header.writeUInt32BE(length + (last ? FLAG_FIN * 0x100_0000 : 0), 4);
  return header;
}

function controlHeader(type: number, length: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(0x8000 | VERSION, 0);
  header.writeUInt16BE(type, 2);
  header.writeUInt32BE(length, 4);
  return header;
}

/** Cuts received bytes into frames; data is passed on as it arrives, never collected. */
export class SpdyReader {
  readonly #events: SpdyEvents;
  /** The beginning of a frame header or control frame that has not fully arrived. */
  #kept: Buffer = Buffer.alloc(0);
  #dataStream = 0;
  #dataLeft = 0;
  #dataIsLast = false;

  constructor(events: SpdyEvents) {
    this.#events = events;
  }

  /** Takes the next bytes. @throws Error when they are not SPDY/3.1 */
  push(received: Buffer): void {
    let bytes = this.#kept.length > 0 ? Buffer.concat([this.#kept, received]) : received;
    for (;;) {
      if (this.#dataLeft > 0) {
        if (bytes.length === 0) break;
        bytes = this.#passData(bytes);
      } else {
        const rest = this.#frame(bytes);
        if (!rest) break;
        bytes = rest;
      }
    }
    this.#kept = bytes;
  }

  #passData(bytes: Buffer): Buffer {
    const piece = bytes.subarray(0, this.#dataLeft);
    this.#dataLeft -= piece.length;
    this.#events.data(this.#dataStream, piece, this.#dataIsLast && this.#dataLeft === 0);
    return bytes.subarray(piece.length);
  }

  /** Reads a frame's beginning; undefined when more bytes are needed. */
  #frame(bytes: Buffer): Buffer | undefined {
    if (bytes.length < HEADER_BYTES) return undefined;
    const word = bytes.readUInt32BE(0);
    const flags = bytes[4]!;
    const length = bytes.readUIntBE(5, 3);
    if (word < 0x8000_0000) {
      this.#dataStream = word;
      this.#dataLeft = length;
      this.#dataIsLast = (flags & FLAG_FIN) !== 0;
      if (length === 0 && this.#dataIsLast) this.#events.data(word, Buffer.alloc(0), true);
      return bytes.subarray(HEADER_BYTES);
    }
    if (((word >>> 16) & 0x7fff) !== VERSION || length > MAX_CONTROL_BYTES) throw new Error('the backend does not speak SPDY/3.1');
    const end = HEADER_BYTES + length;
    if (bytes.length < end) return undefined;
    this.#control(word & 0xffff, flags, bytes.subarray(0, end));
    return bytes.subarray(end);
  }

  #control(type: number, flags: number, frame: Buffer): void {
    if (type === PING) this.#events.ping(frame);
    else if (frame.length < HEADER_BYTES + 4) return;
    else if (type === RST_STREAM) this.#events.reset(frame.readUInt32BE(HEADER_BYTES) & STREAM_ID_MASK);
    else if (type === SYN_REPLY && (flags & FLAG_FIN) !== 0) this.#events.data(frame.readUInt32BE(HEADER_BYTES) & STREAM_ID_MASK, Buffer.alloc(0), true);
  }
}
