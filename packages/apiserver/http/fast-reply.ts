/** Writes HTTP/1.1 replies on a socket: whole ones with a single write, streams with chunked framing. */
import { STATUS_CODES } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { HeaderPairs, ReplyStream } from './exchange.ts';

/** The head of a reply. */
export interface ReplyHead {
  readonly code: number;
  readonly headers: HeaderPairs;
  readonly date: string;
  readonly close: boolean;
}

/** Bodies up to this size are copied behind their head so that one write (and one TLS record where it fits) carries both. */
const MAX_COPIED_BYTES = 64 * 1024;

const SLAB_BYTES = 256 * 1024;

/** How much of a stream may wait in the process for a client that reads slowly. */
const STREAM_HIGH_WATER_BYTES = 256 * 1024;

const LAST_CHUNK = Buffer.from('0\r\n\r\n');

function headText({ code, headers, date, close }: ReplyHead, framing: string): string {
  let text = code === 200 ? 'HTTP/1.1 200 OK\r\n' : `HTTP/1.1 ${code} ${STATUS_CODES[code] ?? 'Unknown'}\r\n`;
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  text += `Date: ${date}\r\n${framing}`;
  return close ? `${text}Connection: close\r\n\r\n` : `${text}\r\n`;
}

/** Memory for replies, cut from large pieces: many small allocations would cost more than copying into them. */
export class ReplyMemory {
  #slab = Buffer.alloc(0);
  #used = 0;

  /** `length` bytes, which belong to the caller for ever. */
  take(length: number): Buffer {
    if (length > SLAB_BYTES / 4) return Buffer.allocUnsafeSlow(length);
    if (this.#used + length > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += length;
    return this.#slab.subarray(start, this.#used);
  }
}

/** Writes a complete reply. */
export function writeWhole(socket: TLSSocket, memory: ReplyMemory, head: ReplyHead, body: Buffer): void {
  const bodiless = head.code === 204 || head.code === 304;
  const text = headText(head, bodiless ? '' : `Content-Length: ${body.length}\r\n`);
  const headLength = text.length;
  if (bodiless) {
    socket.write(text, 'latin1');
    return;
  }
  if (body.length <= MAX_COPIED_BYTES) {
    const whole = memory.take(headLength + body.length);
    whole.write(text, 0, headLength, 'latin1');
    body.copy(whole, headLength);
    socket.write(whole);
    return;
  }
  socket.cork();
  socket.write(text, 'latin1');
  socket.write(body);
  socket.uncork();
}

/** A stream that learns when its client has gone. */
export interface FastReplyStream extends ReplyStream {
  clientGone(): void;
}

/** Frames pieces as HTTP/1.1 chunks; remembers the frames of pieces that are written to many clients. */
export class ChunkFramer {
  readonly #shared = new WeakMap<Buffer, Buffer>();

  /** `piece` as one chunk. */
  frame(piece: Buffer, shared: boolean | undefined): Buffer {
    if (!shared) return frame(piece);
    let known = this.#shared.get(piece);
    if (known === undefined) {
      known = frame(piece);
      this.#shared.set(piece, known);
    }
    return known;
  }
}

function frame(piece: Buffer): Buffer {
  const size = piece.length.toString(16);
  const framed = Buffer.allocUnsafe(size.length + 4 + piece.length);
  let at = framed.write(size, 0, 'latin1');
  at += framed.write('\r\n', at, 'latin1');
  at += piece.copy(framed, at);
  framed.write('\r\n', at, 'latin1');
  return framed;
}

/** Writes `piece` as one chunk without copying it: a long list would leave copies of all its pieces to the garbage collector. */
function sendChunk(socket: TLSSocket, piece: Buffer, sent: () => void): void {
  socket.cork();
  socket.write(`${piece.length.toString(16)}\r\n`, 'latin1');
  socket.write(piece);
  socket.write('\r\n', 'latin1', () => sent());
  socket.uncork();
}

/** What a streamed reply needs beside its head. */
export interface StreamOptions {
  /** Absent: chunked. */
  readonly contentLength: number | undefined;
  readonly framer: ChunkFramer;
  /** Called once when the body is complete. */
  readonly finished: () => void;
}

/** Writes the head of a streamed reply and returns its body. */
export function openFastReply(socket: TLSSocket, head: ReplyHead, options: StreamOptions): FastReplyStream {
  const { contentLength, framer, finished } = options;
  const chunked = contentLength === undefined;
  socket.write(headText(head, chunked ? 'Transfer-Encoding: chunked\r\n' : `Content-Length: ${contentLength}\r\n`), 'latin1');
  let wake: (() => void) | undefined;
  let over = false;
  const onDrain = (): void => {
    wake?.();
    wake = undefined;
  };
  socket.on('drain', onDrain);
  const stop = (): void => {
    over = true;
    socket.off('drain', onDrain);
    onDrain();
  };
  return {
    write(piece, shared) {
      if (over || piece.length === 0) return true;
      socket.write(chunked ? framer.frame(piece, shared) : piece);
      return socket.writableLength < STREAM_HIGH_WATER_BYTES;
    },
    send(piece) {
      if (over || piece.length === 0) return Promise.resolve();
      return new Promise((resolve) => {
        if (chunked) sendChunk(socket, piece, resolve);
        else socket.write(piece, () => resolve());
      });
    },
    drained() {
      if (over || !socket.writableNeedDrain) return Promise.resolve();
      return new Promise((resolve) => {
        wake = resolve;
      });
    },
    end() {
      if (over) return;
      stop();
      if (chunked) socket.write(LAST_CHUNK);
      finished();
    },
    abort() {
      stop();
      socket.destroy();
    },
    clientGone: stop,
  };
}
