/**
 * One HTTP/2 connection of a client that makes calls: many streams, each a header block and bytes both ways.
 *
 *     write -> frames of one turn of the event loop -> one write to the socket
 *     socket -> frames -> the stream's sink: headers, bytes, end
 *
 * Node's own client costs some 60 µs per call, most of it for streams and header objects that calls do not need; this one costs a tenth.
 *
 * Source: RFC 9113.
 */
import type { Duplex } from 'node:stream';
import type { Clock, Timer } from '#base/clock.ts';
import * as frames from './frames.ts';
import { HeaderDecoder } from './header-decoder.ts';

/** What a stream may receive before its reader has taken it. */
const STREAM_WINDOW_BYTES = 4 << 20;
/** What all streams together may receive: no bound beside theirs. */
const CONNECTION_WINDOW_BYTES = 1 << 30;
/** Taken bytes are granted again in pieces of this size. */
const GRANT_BYTES = 1 << 20;
/** Frames up to this size together are copied into one piece of memory to be written. */
const MAX_COPIED_BYTES = 64 << 10;
/** Header blocks that are larger are refused. */
const MAX_HEADER_BYTES = 64 << 10;
const MAX_STREAM_ID = 2 ** 31 - 1;

/** A connection without answers is asked for one after this long, and given up when none comes. */
const PING_AFTER_MS = 10_000;
const PING_TIMEOUT_MS = 5_000;

/** Why a stream or a connection ended. */
export class ConnectionError extends Error {
  /** Whether it is certain that the peer has not acted on the request. */
  readonly notSent: boolean;

  constructor(message: string, notSent = false, cause?: unknown) {
    super(message, { cause });
    this.name = 'ConnectionError';
    this.notSent = notSent;
  }
}

/** Receives what comes on a stream. */
export interface StreamSink {
  header(name: string, value: string): void;
  /** The bytes are a view that is valid during the call, unless it is kept: then it keeps its neighbours too. */
  data(bytes: Buffer): void;
  /** Called once, last. */
  end(error: ConnectionError | undefined): void;
}

/** One stream. */
export class Http2Stream {
  readonly id: number;
  readonly sink: StreamSink;
  /** What the peer takes now. */
  sendWindow: number;
  /** What was sent to us and not granted again. */
  taken = 0;
  paused = false;
  /** What waits for the peer's window; `last`: the request ends with it. */
  readonly waiting: { bytes: Buffer; last: boolean }[] = [];
  readonly #connection: Http2Connection;

  constructor(connection: Http2Connection, id: number, sink: StreamSink, sendWindow: number) {
    this.#connection = connection;
    this.id = id;
    this.sink = sink;
    this.sendWindow = sendWindow;
  }

  /** Sends bytes; `last` ends the request. */
  send(bytes: Buffer, last: boolean): void {
    this.waiting.push({ bytes, last });
    this.#connection.sendWaiting(this);
  }

  /** Lets the peer stop soon, or go on. */
  pause(paused: boolean): void {
    this.paused = paused;
    if (!paused) this.#connection.grant(this);
  }

  /** Ends the stream; the sink hears of it. */
  cancel(reason: ConnectionError): void {
    this.#connection.cancel(this, reason);
  }
}

/** What a connection lives with. */
export interface ConnectionOptions {
  readonly clock: Clock;
  /** Whether a silent peer is asked for a sign of life, which servers may take amiss. */
  readonly isWatched: boolean;
  /** Called once, when no call can be made any more. */
  closed(): void;
}

/** A connection over a socket that is open. */
export class Http2Connection implements Disposable {
  readonly #socket: Duplex;
  readonly #clock: Clock;
  readonly #headers = new HeaderDecoder();
  readonly #streams = new Map<number, Http2Stream>();
  /** Streams whose bytes wait for the connection's window. */
  readonly #blocked = new Set<Http2Stream>();
  readonly #closed: () => void;
  #nextId = 1;
  #peerWindow = frames.DEFAULT_WINDOW_BYTES;
  #peerStreamWindow = frames.DEFAULT_WINDOW_BYTES;
  #peerFrameBytes = frames.DEFAULT_FRAME_BYTES;
  #peerStreams = Infinity;
  #received = 0;
  #pending: Buffer = Buffer.alloc(0);
  /** A header block that goes on in the next frame. */
  #block: { readonly stream: number; readonly flags: number; pieces: Buffer[]; bytes: number } | undefined;
  #out: Buffer[] = [];
  #state: 'open' | 'draining' | 'closed' = 'open';
  #heardAtMs: number;
  #timer: Timer | undefined;
  #pinged = false;

  constructor(socket: Duplex, { clock, isWatched, closed }: ConnectionOptions) {
    this.#socket = socket;
    this.#clock = clock;
    this.#closed = closed;
    this.#heardAtMs = clock.monotonicMs();
    this.#write(frames.PREFACE);
    this.#write(frames.settingsFrame([[frames.SETTING_ENABLE_PUSH, 0], [frames.SETTING_INITIAL_WINDOW_SIZE, STREAM_WINDOW_BYTES]]));
    this.#write(frames.numberFrame(frames.WINDOW_UPDATE, 0, CONNECTION_WINDOW_BYTES - frames.DEFAULT_WINDOW_BYTES));
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error) => this.close(new ConnectionError(error.message, false, error)));
    socket.on('close', () => this.close(new ConnectionError('the connection was closed')));
    if (isWatched) this.#watchOver();
  }

  /** Whether another stream can be opened. */
  get usable(): boolean {
    return this.#state === 'open' && this.#streams.size < this.#peerStreams && this.#nextId < MAX_STREAM_ID;
  }

  /** Whether nothing can be sent any more. */
  get closed(): boolean {
    return this.#state === 'closed';
  }

  /** When the peer was last heard. */
  get heardAtMs(): number {
    return this.#heardAtMs;
  }

  /** Opens a stream with a request's headers; more must follow. */
  open(block: Buffer, sink: StreamSink): Http2Stream {
    const stream = new Http2Stream(this, this.#nextId, sink, this.#peerStreamWindow);
    this.#nextId += 2;
    this.#streams.set(stream.id, stream);
    this.#write(frames.frame({ type: frames.HEADERS, flags: frames.END_HEADERS, stream: stream.id }, block));
    return stream;
  }

  /** Sends what waits on a stream, as far as the peer's windows allow. */
  sendWaiting(stream: Http2Stream): void {
    for (let next = stream.waiting[0]; next; next = stream.waiting[0]) {
      const { bytes, last } = next;
      const size = Math.min(bytes.length, stream.sendWindow, this.#peerWindow, this.#peerFrameBytes);
      if (size <= 0 && bytes.length > 0) {
        this.#blocked.add(stream);
        return;
      }
      const whole = size === bytes.length;
      this.#write(frames.frame({ type: frames.DATA, flags: whole && last ? frames.END_STREAM : 0, stream: stream.id }, whole ? bytes : bytes.subarray(0, size)));
      stream.sendWindow -= size;
      this.#peerWindow -= size;
      if (whole) stream.waiting.shift();
      else next.bytes = bytes.subarray(size);
    }
    this.#blocked.delete(stream);
  }

  /** Lets the peer send as much more on a stream as was taken. */
  grant(stream: Http2Stream): void {
    if (stream.paused || stream.taken < GRANT_BYTES || !this.#streams.has(stream.id)) return;
    this.#write(frames.numberFrame(frames.WINDOW_UPDATE, stream.id, stream.taken));
    stream.taken = 0;
  }

  /** Ends a stream from this side. */
  cancel(stream: Http2Stream, reason: ConnectionError): void {
    if (!this.#streams.has(stream.id)) return;
    this.#write(frames.numberFrame(frames.RST_STREAM, stream.id, frames.CANCEL));
    this.#end(stream, reason);
  }

  /** Ends all streams with `reason`, and the connection. */
  close(reason: ConnectionError): void {
    if (this.#state === 'closed') return;
    this.#flush();
    this.#state = 'closed';
    this.#timer?.cancel();
    this.#socket.destroy();
    this.#closed();
    for (const stream of this.#streams.values()) this.#end(stream, reason);
  }

  [Symbol.dispose](): void {
    this.close(new ConnectionError('the connection was closed'));
  }

  #end(stream: Http2Stream, error: ConnectionError | undefined): void {
    if (!this.#streams.delete(stream.id)) return;
    this.#blocked.delete(stream);
    stream.sink.end(error);
    if (this.#state === 'draining' && this.#streams.size === 0) this.close(new ConnectionError('the peer ended the connection', true));
  }

  /** Frames of one turn of the event loop go out together. */
  #write(bytes: Buffer): void {
    if (this.#state === 'closed') return;
    if (this.#out.length === 0) setImmediate(() => this.#flush());
    this.#out.push(bytes);
  }

  #flush(): void {
    const pieces = this.#out;
    if (pieces.length === 0 || this.#state === 'closed') return;
    this.#out = [];
    const size = pieces.reduce((sum, { length }) => sum + length, 0);
    if (pieces.length === 1 || size <= MAX_COPIED_BYTES) {
      this.#socket.write(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, size));
      return;
    }
    this.#socket.cork();
    for (const piece of pieces) this.#socket.write(piece);
    this.#socket.uncork();
  }

  #receive(chunk: Buffer): void {
    this.#heardAtMs = this.#clock.monotonicMs();
    this.#pinged = false;
    let bytes = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    try {
      while (bytes.length >= frames.FRAME_HEAD_BYTES) {
        const length = bytes.readUIntBE(0, 3);
        if (length > frames.DEFAULT_FRAME_BYTES) throw new RangeError(`a frame of ${length} bytes is larger than was agreed on`);
        const end = frames.FRAME_HEAD_BYTES + length;
        if (bytes.length < end) break;
        this.#frame({ type: bytes[3]!, flags: bytes[4]!, stream: bytes.readUInt32BE(5) & MAX_STREAM_ID }, bytes.subarray(frames.FRAME_HEAD_BYTES, end));
        bytes = bytes.subarray(end);
      }
    } catch (error) {
      this.close(new ConnectionError(`the peer does not speak HTTP/2: ${(error as Error).message}`, false, error));
      return;
    }
    // A copy: what waits must not keep what came before it.
    this.#pending = bytes.length === 0 ? bytes : Buffer.from(bytes);
  }

  #frame(head: frames.FrameHead, payload: Buffer): void {
    if (this.#block && head.type !== frames.CONTINUATION) throw new RangeError('a header block does not end');
    switch (head.type) {
      case frames.DATA:
        this.#data(head, payload);
        return;
      case frames.HEADERS:
        this.#headerPiece(head, withoutPriority(head, withoutPadding(head, payload)));
        return;
      case frames.CONTINUATION:
        this.#headerPiece({ ...head, flags: head.flags & frames.END_HEADERS }, payload);
        return;
      case frames.RST_STREAM:
        this.#reset(head.stream, payload.readUInt32BE(0));
        return;
      case frames.SETTINGS:
        this.#settings(head, payload);
        return;
      case frames.PING:
        if ((head.flags & frames.ACK) === 0) this.#write(frames.frame({ type: frames.PING, flags: frames.ACK, stream: 0 }, payload));
        return;
      case frames.GOAWAY:
        this.#goAway(payload.readUInt32BE(0) & MAX_STREAM_ID, payload.toString('utf8', 8));
        return;
      case frames.WINDOW_UPDATE:
        this.#windowUpdate(head.stream, payload.readUInt32BE(0) & MAX_STREAM_ID);
        return;
      case frames.PUSH_PROMISE:
        throw new RangeError('a push, which was not agreed on');
      default:
    }
  }

  #data(head: frames.FrameHead, payload: Buffer): void {
    this.#received += payload.length;
    if (this.#received >= GRANT_BYTES) {
      this.#write(frames.numberFrame(frames.WINDOW_UPDATE, 0, this.#received));
      this.#received = 0;
    }
    const stream = this.#streams.get(head.stream);
    if (!stream) return;
    stream.taken += payload.length;
    const bytes = withoutPadding(head, payload);
    if (bytes.length > 0) stream.sink.data(bytes);
    if ((head.flags & frames.END_STREAM) !== 0) this.#end(stream, undefined);
    else this.grant(stream);
  }

  /** A header block is decoded even when its stream is gone: later ones refer to it. */
  #headerPiece({ flags, stream }: frames.FrameHead, payload: Buffer): void {
    if (!this.#block) {
      if ((flags & frames.END_HEADERS) !== 0) {
        this.#headerBlock(stream, flags, payload);
        return;
      }
      this.#block = { stream, flags, pieces: [], bytes: 0 };
    }
    const block = this.#block;
    block.pieces.push(payload);
    block.bytes += payload.length;
    if (block.bytes > MAX_HEADER_BYTES || block.stream !== stream) throw new RangeError('a header block is too large');
    if ((flags & frames.END_HEADERS) === 0) return;
    this.#block = undefined;
    this.#headerBlock(stream, block.flags, Buffer.concat(block.pieces));
  }

  #headerBlock(id: number, flags: number, block: Buffer): void {
    const stream = this.#streams.get(id);
    this.#headers.decode(block, (name, value) => stream?.sink.header(name, value));
    if (stream && (flags & frames.END_STREAM) !== 0) this.#end(stream, undefined);
  }

  #reset(id: number, code: number): void {
    const stream = this.#streams.get(id);
    if (stream) this.#end(stream, new ConnectionError(`the peer reset the stream with code ${code}`, code === frames.REFUSED_STREAM));
  }

  #settings({ flags }: frames.FrameHead, payload: Buffer): void {
    if ((flags & frames.ACK) !== 0) return;
    for (let at = 0; at + 6 <= payload.length; at += 6) {
      const value = payload.readUInt32BE(at + 2);
      switch (payload.readUInt16BE(at)) {
        case frames.SETTING_INITIAL_WINDOW_SIZE:
          for (const stream of this.#streams.values()) stream.sendWindow += value - this.#peerStreamWindow;
          this.#peerStreamWindow = value;
          break;
        case frames.SETTING_MAX_FRAME_SIZE:
          this.#peerFrameBytes = value;
          break;
        case frames.SETTING_MAX_CONCURRENT_STREAMS:
          this.#peerStreams = value;
          break;
        default:
      }
    }
    this.#write(frames.frame({ type: frames.SETTINGS, flags: frames.ACK, stream: 0 }, Buffer.alloc(0)));
    this.#sendBlocked();
  }

  #windowUpdate(id: number, bytes: number): void {
    if (id === 0) this.#peerWindow += bytes;
    else {
      const stream = this.#streams.get(id);
      if (stream) stream.sendWindow += bytes;
    }
    this.#sendBlocked();
  }

  #sendBlocked(): void {
    for (const stream of this.#blocked) this.sendWaiting(stream);
  }

  #goAway(last: number, words: string): void {
    if (this.#state !== 'open') return;
    this.#state = 'draining';
    this.#closed();
    for (const stream of this.#streams.values()) if (stream.id > last) this.#end(stream, new ConnectionError(`the peer ended the connection: ${words}`, true));
    if (this.#streams.size === 0) this.close(new ConnectionError('the peer ended the connection', true));
  }

  /** Asks a silent peer for a sign of life while answers are due; etcd allows that every five seconds. */
  #watchOver(): void {
    this.#timer = this.#clock.after(this.#pinged ? PING_TIMEOUT_MS : PING_AFTER_MS, () => {
      const silentMs = this.#clock.monotonicMs() - this.#heardAtMs;
      if (this.#pinged) {
        this.close(new ConnectionError('the peer does not answer'));
        return;
      }
      if (this.#streams.size > 0 && silentMs >= PING_AFTER_MS - 1) {
        this.#pinged = true;
        this.#write(frames.frame({ type: frames.PING, flags: 0, stream: 0 }, Buffer.alloc(8)));
      }
      this.#watchOver();
    });
  }
}

function withoutPadding({ flags }: frames.FrameHead, payload: Buffer): Buffer {
  if ((flags & frames.PADDED) === 0) return payload;
  const end = payload.length - payload[0]!;
  if (end < 1) throw new RangeError('a frame is all padding');
  return payload.subarray(1, end);
}

const PRIORITY_BYTES = 5;

function withoutPriority({ flags }: frames.FrameHead, payload: Buffer): Buffer {
  return (flags & frames.PRIORITY) === 0 ? payload : payload.subarray(PRIORITY_BYTES);
}
