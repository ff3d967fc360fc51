/**
 * Calls to one gRPC server over a connection that is opened when it is needed, and again when it broke.
 *
 * Source: the gRPC over HTTP/2 protocol document.
 */
import { connect as connectTcp, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { Clock } from '#base/clock.ts';
import { ConnectionError, Http2Connection, type Http2Stream, type StreamSink } from './connection.ts';
import { DEADLINE_EXCEEDED, GrpcError, INTERNAL, UNAVAILABLE, UNKNOWN } from './grpc-error.ts';
import { headerBlock } from './header-encoder.ts';
import { MESSAGE_HEAD_BYTES, MessageReader } from './message-reader.ts';

/** A server that cannot be reached in this time is given up. */
const CONNECT_TIMEOUT_MS = 2_000;

/** PEM text for connections with TLS. */
export interface ClientTls {
  /** Who may sign the server's certificate; the system's authorities when absent. */
  readonly ca?: string;
  /** The client's certificate and key. */
  readonly cert?: string;
  readonly key?: string;
}

/** Where a server is. */
export interface GrpcClientOptions {
  /** `http://host:port` or `https://host:port`. */
  readonly endpoint: string;
  readonly tls?: ClientTls;
  /** Sent with every call. */
  readonly metadata?: readonly (readonly [name: string, value: string])[];
  /** The largest message that is taken. */
  readonly maxMessageBytes: number;
  readonly clock: Clock;
}

/** Messages both ways; what comes is handed on as it comes. */
export interface GrpcStream {
  send(message: Uint8Array): void;
  /** Lets the server stop soon, or go on. */
  pause(paused: boolean): void;
  /** Ends the stream; nothing is heard of it any more. */
  cancel(): void;
}

/** Hears of a stream. A message may be a view into what came with it: copy what is kept. */
export interface GrpcStreamSink {
  message(message: Buffer): void;
  /** Called once, last; `undefined`: the server ended it with success. */
  end(error: GrpcError | undefined): void;
}

/** Calls to one server. */
export class GrpcClient implements Disposable {
  readonly #options: GrpcClientOptions;
  readonly #url: URL;
  /** Header blocks by path: they are the same for each call. */
  readonly #blocks = new Map<string, Buffer>();
  #connection: Http2Connection | undefined;
  #connecting: Promise<Http2Connection> | undefined;
  #socket: Duplex | undefined;
  #closed = false;

  /** @throws TypeError for an endpoint that is no URL of these */
  constructor(options: GrpcClientOptions) {
    this.#options = options;
    this.#url = new URL(options.endpoint);
    if (this.#url.protocol !== 'http:' && this.#url.protocol !== 'https:') throw new TypeError(`not an endpoint: ${options.endpoint}`);
  }

  /**
   * Sends one message and answers with the reply's, which is the caller's.
   * @throws GrpcError
   */
  async unary(path: string, request: Uint8Array, timeoutMs: number): Promise<Buffer> {
    const connection = this.#connection?.usable ? this.#connection : await this.#connect();
    if (connection.closed) throw new GrpcError(UNAVAILABLE, 'the connection was closed', true);
    return new Promise((resolve, reject) => {
      const { clock, maxMessageBytes } = this.#options;
      const begunMs = clock.monotonicMs();
      let answer: Buffer | undefined;
      const end = (error: GrpcError | undefined): void => {
        timer.cancel();
        if (error) reject(error);
        else if (answer) resolve(answer);
        else reject(new GrpcError(UNKNOWN, 'the server answered without a message'));
      };
      const sink = new CallSink({ message: (message) => (answer = message), end }, maxMessageBytes);
      const stream = connection.open(this.#block(path), sink);
      stream.send(framed(request), true);
      const timer = clock.after(timeoutMs, () => {
        sink.fail(stream, new GrpcError(DEADLINE_EXCEEDED, `no answer within ${timeoutMs / 1_000} s`));
        // Nothing at all came meanwhile: whoever calls next had better connect anew.
        if (connection.heardAtMs <= begunMs) connection.close(new ConnectionError('the peer does not answer'));
      });
    });
  }

  /** Opens a stream; failures come as its end. */
  stream(path: string, to: GrpcStreamSink): GrpcStream {
    const sink = new CallSink(to, this.#options.maxMessageBytes);
    let stream: Http2Stream | undefined;
    let paused = false;
    let over = false;
    const unsent: Uint8Array[] = [];
    const start = (connection: Http2Connection): void => {
      if (over) return;
      if (connection.closed) {
        sink.finish(new GrpcError(UNAVAILABLE, 'the connection was closed', true));
        return;
      }
      stream = connection.open(this.#block(path), sink);
      stream.pause(paused);
      for (const message of unsent) stream.send(framed(message), false);
    };
    const connection = this.#connection?.usable ? this.#connection : undefined;
    if (connection) start(connection);
    else this.#connect().then(start, (error: GrpcError) => sink.finish(error));
    return {
      send: (message) => (stream ? stream.send(framed(message), false) : void unsent.push(message)),
      pause(value) {
        paused = value;
        stream?.pause(value);
      },
      cancel() {
        over = true;
        sink.mute();
        stream?.cancel(new ConnectionError('the call was cancelled'));
      },
    };
  }

  /** Ends all calls and the connection. */
  [Symbol.dispose](): void {
    this.#closed = true;
    this.#socket?.destroy();
    this.#connection?.[Symbol.dispose]();
  }

  #block(path: string): Buffer {
    const known = this.#blocks.get(path);
    if (known) return known;
    const { protocol, host } = this.#url;
    const block = headerBlock([
      [':method', 'POST'],
      [':scheme', protocol.slice(0, -1)],
      [':path', path],
      [':authority', host],
      ['te', 'trailers'],
      ['content-type', 'application/grpc+proto'],
      ...(this.#options.metadata ?? []),
    ]);
    this.#blocks.set(path, block);
    return block;
  }

  /** Calls that come while a connection is made share it. */
  #connect(): Promise<Http2Connection> {
    this.#connecting ??= this.#open().finally(() => (this.#connecting = undefined));
    return this.#connecting;
  }

  #open(): Promise<Http2Connection> {
    return new Promise((resolve, reject) => {
      const fail = (message: string, cause?: unknown): void => {
        timer.cancel();
        socket.destroy();
        reject(new GrpcError(UNAVAILABLE, message, true, cause));
      };
      const { clock } = this.#options;
      const timer = clock.after(CONNECT_TIMEOUT_MS, () => fail(`no connection within ${CONNECT_TIMEOUT_MS / 1_000} s`));
      const failed = (error: Error): void => fail(error.message, error);
      const ended = (): void => fail('the connection was closed before it was ready');
      const socket = this.#openSocket((problem) => {
        socket.off('error', failed);
        socket.off('close', ended);
        if (problem !== undefined || this.#closed) {
          fail(problem ?? 'the client is closed');
          return;
        }
        timer.cancel();
        const connection = new Http2Connection(socket, clock, () => {
          if (this.#connection === connection) this.#connection = undefined;
        });
        this.#connection = connection;
        resolve(connection);
      });
      this.#socket = socket;
      socket.once('error', failed);
      socket.once('close', ended);
    });
  }

  /** Calls `ready` when the socket is, with what is wrong with it if anything. */
  #openSocket(ready: (problem: string | undefined) => void): Duplex {
    const { protocol, hostname, port } = this.#url;
    const host = hostname.replace(/^\[|\]$/g, '');
    if (protocol === 'http:') {
      const socket = connectTcp({ host, port: Number(port || 80), noDelay: true }, () => ready(undefined));
      return socket;
    }
    const { ca, cert, key } = this.#options.tls ?? {};
    const options = { host, port: Number(port || 443), ALPNProtocols: ['h2'], ...(isIP(host) ? {} : { servername: host }), ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
    const socket = connectTls(options, () => ready(socket.alpnProtocol === 'h2' ? undefined : 'the server does not speak HTTP/2'));
    socket.setNoDelay(true);
    return socket;
  }
}

/** One call as its stream sees it: messages, then the status of the trailers. */
class CallSink implements StreamSink {
  readonly #to: GrpcStreamSink;
  readonly #reader: MessageReader;
  #httpStatus = '200';
  #status: number | undefined;
  #details = '';
  #over = false;

  constructor(to: GrpcStreamSink, maxMessageBytes: number) {
    this.#to = to;
    this.#reader = new MessageReader(maxMessageBytes);
  }

  header(name: string, value: string): void {
    if (name === 'grpc-status') this.#status = Number(value);
    else if (name === 'grpc-message') this.#details = decoded(value);
    else if (name === ':status') this.#httpStatus = value;
  }

  data(bytes: Buffer): void {
    if (this.#over) return;
    try {
      this.#reader.take(bytes, (message) => this.#to.message(message));
    } catch (error) {
      this.finish(new GrpcError(INTERNAL, (error as Error).message, false, error));
    }
  }

  end(error: ConnectionError | undefined): void {
    if (this.#status !== undefined) this.finish(this.#status === 0 ? undefined : new GrpcError(this.#status, this.#details));
    else if (error) this.finish(new GrpcError(UNAVAILABLE, error.message, error.notSent, error));
    else this.finish(new GrpcError(UNKNOWN, this.#httpStatus === '200' ? 'the server ended the call without a status' : `the server answered with HTTP status ${this.#httpStatus}`));
  }

  /** Tells the end, once. */
  finish(error: GrpcError | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.#to.end(error);
  }

  /** Ends a stream for a reason of ours. */
  fail(stream: Http2Stream, error: GrpcError): void {
    this.finish(error);
    stream.cancel(new ConnectionError(error.details));
  }

  /** Tells nothing any more. */
  mute(): void {
    this.#over = true;
  }
}

function framed(message: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(MESSAGE_HEAD_BYTES + message.length);
  bytes[0] = 0;
  bytes.writeUInt32BE(message.length, 1);
  bytes.set(message, MESSAGE_HEAD_BYTES);
  return bytes;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not what the protocol says, but better than nothing.
    return text;
  }
}
