/**
 * The hot path: plain HTTP/1.1 requests answered straight on the TLS socket, with one write per reply and no stream objects per request.
 * Requests that are not plain go, with the whole connection, to Node's HTTP server.
 */
import type { TLSSocket } from 'node:tls';
import { badRequest } from '#machinery/status.ts';
import type { Connection } from '../call.ts';
import { CLOSED_STREAM, type Exchange, type HeaderPairs, MAX_BODY_BYTES, MAX_HEAD_BYTES, type Peer, type ReplyStream, type Serve } from './exchange.ts';
import { type ChunkFramer, type FastReplyStream, type ReplyMemory, openFastReply, writeWhole } from './fast-reply.ts';
import { BodyRest } from './body-rest.ts';
import { HeadParser, type RequestHead } from './head-parser.ts';
import type { RequestHeaders } from './request-headers.ts';

/** What a connection needs from its server. */
export interface FastHost {
  readonly serve: Serve;
  /** The `Date` header's value now. */
  date(): string;
  /** Gives the connection to Node's HTTP server, which reads `bytes` first. */
  handOver(socket: TLSSocket, bytes: Buffer): void;
  readonly framer: ChunkFramer;
  readonly memory: ReplyMemory;
  /** Whether connections are to be closed after their reply. */
  readonly draining: boolean;
  monotonicMs(): number;
}

/** Unread requests that a client may have sent ahead before reading from it stops. */
const MAX_AHEAD_BYTES = 256 * 1024;

/** A body that nobody wants is read up to this length to keep the connection; a client that sends more has to connect again. */
const MAX_UNWANTED_BYTES = 256 * 1024;

const NO_BODY = Buffer.alloc(0);

type Phase = 'reading' | 'answering' | 'gone';

/** One HTTP/1.1 connection. */
export class FastConnection {
  readonly socket: TLSSocket;
  readonly peer: Peer;
  readonly host: FastHost;
  /** When the current wait for the client began; `undefined` while a request is being answered. */
  #waitingSinceMs: number | undefined;
  /** How much of its replies the client had taken when it was last looked at with something left to take, and since when. */
  #takenBytes = -1;
  #takenSinceMs = 0;
  readonly #parser = new HeadParser();
  #phase: Phase = 'reading';
  #pending: Buffer | undefined;
  #running = false;
  #current: FastExchange | undefined;
  #bytes: Buffer | undefined;
  #ended = false;
  /** The part of the current request's body that came after its head was served; who may send it was decided meanwhile. */
  readonly #rest = new BodyRest();
  /** Bytes of an answered request that are still to come, and go nowhere. */
  #unwanted = 0;

  constructor(socket: TLSSocket, peer: Peer, host: FastHost) {
    this.socket = socket;
    this.peer = peer;
    this.host = host;
    this.#waitingSinceMs = host.monotonicMs();
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('close', this.#onClose);
    socket.on('error', this.#onError);
  }

  /** How long the client has kept the server waiting: for a request, for the rest of one, or with reading a reply. */
  waiting(nowMs: number): { readonly ms: number; readonly for: 'request' | 'rest' | 'reader' } {
    const { bytesWritten, writableLength } = this.socket;
    const taken = bytesWritten - writableLength;
    if (writableLength > 0) {
      if (taken !== this.#takenBytes) this.#takenSinceMs = nowMs;
      this.#takenBytes = taken;
      return { ms: nowMs - this.#takenSinceMs, for: 'reader' };
    }
    this.#takenBytes = -1;
    const since = this.#waitingSinceMs;
    return { ms: since === undefined ? 0 : nowMs - since, for: this.#phase === 'reading' && this.#pending === undefined ? 'request' : 'rest' };
  }

  /** Whether nothing is being answered. */
  get idle(): boolean {
    return this.#phase === 'reading';
  }

  readonly #onData = (received: Buffer): void => {
    if (this.#phase === 'gone') return;
    let chunk = received;
    if (this.#unwanted > 0) {
      const unwanted = Math.min(this.#unwanted, chunk.length);
      this.#unwanted -= unwanted;
      chunk = chunk.subarray(unwanted);
    } else if (this.#rest.missing > 0) {
      chunk = this.#rest.take(chunk);
      if (this.#rest.missing === 0) this.#waitingSinceMs = undefined;
      else if (this.#rest.isFull) this.socket.pause();
    }
    if (chunk.length === 0) return;
    this.#pending = this.#pending === undefined ? chunk : Buffer.concat([this.#pending, chunk]);
    if (this.#phase === 'reading') this.#advance();
    else if (this.#pending.length > MAX_AHEAD_BYTES) this.socket.pause();
  };

  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#rest.fail();
    if (this.#phase === 'answering') this.#current?.clientGone();
    else this.socket.end();
  };

  readonly #onClose = (): void => {
    this.#phase = 'gone';
    this.#pending = undefined;
    this.#rest.fail();
    this.#current?.clientGone();
  };

  readonly #onError = (): void => {
    this.socket.destroy();
  };

  /** Serves every complete request that has arrived. */
  #advance(): void {
    if (this.#running) return;
    this.#running = true;
    while (this.#phase === 'reading' && this.#pending !== undefined && this.#serveNext());
    this.#running = false;
  }

  /** Serves the next request, be its body complete or not; `false` when its head is not or the connection was handed over. */
  #serveNext(): boolean {
    const pending = this.#pending!;
    const head = this.#parser.parse(pending);
    if (head === 'incomplete') {
      if (pending.length > MAX_HEAD_BYTES || !plausibleStart(pending)) this.#handOver(pending);
      return false;
    }
    if (head === 'unusual' || head.length > MAX_HEAD_BYTES || head.contentLength > MAX_BODY_BYTES) {
      this.#handOver(pending);
      return false;
    }
    const end = head.length + head.contentLength;
    this.#pending = pending.length <= end ? undefined : pending.subarray(end);
    this.#bytes = pending;
    this.#phase = 'answering';
    this.#waitingSinceMs = undefined;
    this.#rest.missing = Math.max(0, end - pending.length);
    const exchange = new FastExchange(this, head, head.contentLength === 0 ? NO_BODY : pending.subarray(head.length, end));
    this.#current = exchange;
    this.host.serve(exchange);
    return this.idle;
  }

  /** The body whose beginning came with the head. @throws StatusError BadRequest when the client ends it too early */
  body(beginning: Buffer): Buffer | Promise<Buffer> {
    if (this.#rest.missing === 0 && this.#rest.isEmpty) return beginning;
    if (this.#rest.missing > 0) this.#waitingSinceMs = this.host.monotonicMs();
    const body = this.#rest.read(beginning);
    if (this.socket.isPaused()) this.socket.resume();
    return body;
  }

  /** Whether so much of the request is still to come that the connection is not worth keeping. */
  get isTooFarBehind(): boolean {
    return this.#rest.missing > MAX_UNWANTED_BYTES;
  }

  /** Called when a reply is complete. */
  finish(close: boolean): void {
    if (this.#phase !== 'answering') return;
    this.#current = undefined;
    this.#bytes = undefined;
    this.#unwanted = this.#rest.missing;
    this.#rest.clear();
    if (close || this.#ended || this.host.draining) {
      this.#phase = 'gone';
      this.#waitingSinceMs = this.host.monotonicMs();
      this.socket.end();
      return;
    }
    this.#phase = 'reading';
    this.#waitingSinceMs = this.host.monotonicMs();
    if (this.socket.isPaused()) this.socket.resume();
    if (this.#pending !== undefined) this.#advance();
  }

  /** Lets Node's server read the request that is being answered, and all later ones. */
  replay(): void {
    const bytes = this.#bytes;
    if (bytes === undefined) return;
    // What follows the request in #bytes is exactly #pending's beginning; later data was appended to #pending.
    const request = bytes.subarray(0, this.#requestLength(bytes));
    const later = [...this.#rest.pieces, ...(this.#pending === undefined ? [] : [this.#pending])];
    this.#handOver(later.length === 0 ? request : Buffer.concat([request, ...later]));
  }

  #requestLength(bytes: Buffer): number {
    return this.#current?.length ?? bytes.length;
  }

  #handOver(bytes: Buffer): void {
    this.#phase = 'gone';
    this.#pending = undefined;
    this.#current = undefined;
    this.#bytes = undefined;
    const { socket } = this;
    socket.off('data', this.#onData);
    socket.off('end', this.#onEnd);
    socket.off('close', this.#onClose);
    socket.off('error', this.#onError);
    socket.pause();
    this.host.handOver(socket, bytes);
  }
}

/** Whether bytes could begin a request of the hot path; others (TLS garbage, HTTP/2 prefaces, odd methods) need not be waited for. */
function plausibleStart(bytes: Buffer): boolean {
  const first = bytes[0]!;
  return first === 0x47 || first === 0x50 || first === 0x44;
}

class FastExchange implements Exchange {
  readonly method: string;
  readonly url: string;
  readonly headers: RequestHeaders;
  readonly peer: Peer;
  readonly upgrade = false;
  readonly canTakeOver = false;
  /** Bytes of the request, head and body. */
  readonly length: number;
  readonly #connection: FastConnection;
  readonly #body: Buffer;
  readonly #close: boolean;
  #abort: AbortController | undefined;
  #gone = false;
  #answered = false;
  #stream: FastReplyStream | undefined;

  constructor(connection: FastConnection, head: RequestHead, body: Buffer) {
    this.#connection = connection;
    this.method = head.method;
    this.url = head.url;
    this.headers = head.headers;
    this.peer = connection.peer;
    this.length = head.length + head.contentLength;
    this.#body = body;
    this.#close = head.close;
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#gone) this.#abort.abort(badRequest('the client has gone'));
    return this.#abort.signal;
  }

  body(): Buffer | Promise<Buffer> {
    return this.#connection.body(this.#body);
  }

  clientGone(): void {
    this.#gone = true;
    this.#abort?.abort(badRequest('the client has gone'));
    this.#stream?.clientGone();
  }

  send(code: number, headers: HeaderPairs, body: Buffer): void {
    if (this.#answered) return;
    this.#answered = true;
    const { socket, host } = this.#connection;
    const close = this.#close || host.draining || this.#connection.isTooFarBehind;
    if (!socket.destroyed) writeWhole(socket, host.memory, { code, headers, date: host.date(), close }, body);
    this.#connection.finish(close);
  }

  open(code: number, headers: HeaderPairs, contentLength?: number): ReplyStream {
    if (this.#answered) return CLOSED_STREAM;
    this.#answered = true;
    const { socket, host } = this.#connection;
    const close = this.#close || host.draining || this.#connection.isTooFarBehind;
    const head = { code, headers, date: host.date(), close };
    this.#stream = openFastReply(socket, head, { contentLength, framer: host.framer, finished: () => this.#connection.finish(close) });
    return this.#stream;
  }

  takeOver(): Connection | undefined {
    if (!this.#answered) this.#connection.replay();
    this.#answered = true;
    return undefined;
  }
}
