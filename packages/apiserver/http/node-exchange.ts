/** Exchanges on Node's own servers: HTTP/2, and what the hot path does not take of HTTP/1.1. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Duplex } from 'node:stream';
import { badRequest, requestEntityTooLarge } from '#machinery/status.ts';
import type { Connection } from '../call.ts';
import { CLOSED_STREAM, type Exchange, type HeaderPairs, MAX_BODY_BYTES, type Peer, type ReplyStream } from './exchange.ts';
import { RequestHeaders } from './request-headers.ts';

type NodeRequest = IncomingMessage | Http2ServerRequest;
type NodeResponse = ServerResponse | Http2ServerResponse;

/** How an upgraded or plain exchange can be answered. */
export type NodeAnswer =
  | { readonly type: 'response'; readonly response: NodeResponse }
  | { readonly type: 'upgrade'; readonly socket: Duplex; readonly head: Buffer; /** Without a body: begins an answer that ends with the connection. */ respond(code: number, headers: HeaderPairs, body?: Buffer): void };

/** Clients of proxies name the server in the request target, which is to be understood too. Source: RFC 9112, section 3.2.2. */
function originForm(target: string): string {
  const authority = /^https?:\/\/[^/?#]*/i.exec(target);
  if (!authority) return target;
  const rest = target.slice(authority[0].length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** One exchange on Node's HTTP/1.1 or HTTP/2 server. */
export class NodeExchange implements Exchange {
  readonly method: string;
  readonly url: string;
  readonly headers: RequestHeaders;
  readonly peer: Peer;
  readonly upgrade: boolean;
  readonly canTakeOver = true;
  readonly #request: NodeRequest;
  readonly #answer: NodeAnswer;
  #abort: AbortController | undefined;
  #gone = false;
  #taken = false;

  constructor(request: NodeRequest, peer: Peer, answer: NodeAnswer) {
    this.#request = request;
    this.#answer = answer;
    this.peer = peer;
    this.method = request.method ?? 'GET';
    this.url = originForm(request.url ?? '/');
    this.headers = RequestHeaders.fromRaw(request.rawHeaders);
    this.upgrade = answer.type === 'upgrade';
    const source = answer.type === 'upgrade' ? answer.socket : answer.response;
    source.on('close', this.#onClose);
  }

  readonly #onClose = (): void => {
    this.#gone = true;
    this.#abort?.abort(badRequest('the client has gone'));
  };

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#gone) this.#abort.abort(badRequest('the client has gone'));
    return this.#abort.signal;
  }

  body(): Promise<Buffer> {
    return readBody(this.#request, Number(this.headers.get('content-length') ?? -1));
  }

  /** Node completes even a request without a body only after it has announced it. */
  get #hasBody(): boolean {
    return this.headers.get('transfer-encoding') !== undefined || Number(this.headers.get('content-length') ?? 0) > 0;
  }

  send(code: number, headers: HeaderPairs, body: Buffer): void {
    if (this.#taken) return;
    this.#taken = true;
    if (this.#answer.type === 'upgrade') {
      this.#answer.respond(code, headers, body);
      return;
    }
    const { response } = this.#answer;
    if (this.#gone || response.destroyed) return;
    const bodiless = code === 204 || code === 304;
    const closes = !this.#request.complete && this.#hasBody && response.req.httpVersionMajor === 1 ? ['Connection', 'close'] : [];
    writeHead(response, code, [...headers, ...(bodiless ? [] : ['Content-Length', String(body.length)]), ...closes]);
    if (bodiless || this.method === 'HEAD') response.end();
    else response.end(body);
    // The rest of a body that nobody will read must not stay in the way of the connection's next request.
    this.#request.resume();
  }

  open(code: number, headers: HeaderPairs, contentLength?: number): ReplyStream {
    if (this.#taken) return CLOSED_STREAM;
    this.#taken = true;
    if (this.#answer.type === 'upgrade') {
      const { socket } = this.#answer;
      this.#answer.respond(code, headers);
      // Nothing else will be read; a client that hangs up has to be noticed.
      socket.once('end', this.#onClose);
      socket.resume();
      return openNodeReply(socket);
    }
    const { response } = this.#answer;
    if (!this.#gone) writeHead(response, code, contentLength === undefined ? headers : [...headers, 'Content-Length', String(contentLength)]);
    if ('flushHeaders' in response) response.flushHeaders();
    return openNodeReply(response);
  }

  takeOver(): Connection | undefined {
    if (this.#taken) return undefined;
    this.#taken = true;
    if (this.#answer.type === 'response') return { request: this.#request, response: this.#answer.response };
    return { request: this.#request, upgrade: { socket: this.#answer.socket, head: this.#answer.head } };
  }
}

// Both servers' writeHead take a flat list; only the type declarations of one of them say so.
function writeHead(response: NodeResponse, code: number, pairs: readonly string[]): void {
  (response as ServerResponse).writeHead(code, pairs as string[]);
}

function openNodeReply(response: NodeResponse | Duplex): ReplyStream {
  const stream = response as ServerResponse;
  return {
    write: (piece) => stream.destroyed || stream.write(piece),
    send(piece) {
      if (stream.destroyed) return Promise.resolve();
      return new Promise((resolve) => {
        // Not every stream calls back when it is destroyed under a write.
        stream.once('close', resolve);
        stream.write(piece, () => {
          stream.off('close', resolve);
          resolve();
        });
      });
    },
    drained() {
      if (stream.destroyed || !stream.writableNeedDrain) return Promise.resolve();
      return new Promise((resolve) => {
        const done = (): void => {
          stream.off('drain', done);
          stream.off('close', done);
          resolve();
        };
        stream.on('drain', done);
        stream.on('close', done);
      });
    },
    end: () => void stream.end(),
    abort: () => void stream.destroy(),
  };
}

function readBody(request: NodeRequest, announced: number): Promise<Buffer> {
  // Made only when it is needed: an error costs more than the rest of reading a small body.
  const tooLarge = (): Error => requestEntityTooLarge(`limit is ${MAX_BODY_BYTES}`);
  if (announced > MAX_BODY_BYTES) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let length = 0;
    request.on('data', (piece: Buffer) => {
      length += piece.length;
      if (length > MAX_BODY_BYTES) {
        pieces.length = 0;
        reject(tooLarge());
      } else pieces.push(piece);
    });
    request.on('end', () => resolve(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)));
    request.on('error', () => reject(badRequest('the body ended too early')));
    request.on('aborted', () => reject(badRequest('the body ended too early')));
  });
}
