/**
 * Calls to one gRPC server over a connection that is opened when it is needed, and again when it broke.
 *
 * Source: the gRPC over HTTP/2 protocol document.
 */
import type { Duplex } from 'node:stream';
import type { Clock } from '#base/clock.ts';
import { ConnectionError, Http2Connection, type Http2Stream, type StreamSink } from './connection.ts';
import { CANCELLED, DEADLINE_EXCEEDED, GrpcError, INTERNAL, UNAVAILABLE, UNKNOWN } from './grpc-error.ts';
import { headerBlock } from './header-encoder.ts';
import { framed, MessageReader } from './message-reader.ts';
import { type ClientTls, type Target, targetOf } from './target.ts';

/** A server that cannot be reached in this time is given up. */
const CONNECT_TIMEOUT_MS = 2_000;

/** Where a server is. */
export interface GrpcClientOptions {
  /** `http://host:port`, `https://host:port` or `unix:/path`. */
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
  /** `last`: nothing more will be sent. */
  send(message: Uint8Array, last?: boolean): void;
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
  readonly #target: Target;
  /** Header blocks by path: they are the same for each call with the same limit. */
  readonly #blocks = new Map<string, { readonly timeoutMs: number; readonly block: Buffer }>();
  #connection: Http2Connection | undefined;
  #connecting: Promise<Http2Connection> | undefined;
  #socket: Duplex | undefined;
  #closed = false;

  /** @throws TypeError for an endpoint that is no URL of these */
  constructor(options: GrpcClientOptions) {
    this.#options = options;
    this.#target = targetOf(options.endpoint, options.tls);
  }

  /**
   * Sends one message and answers with the reply's, which is the caller's. `timeoutMs` 0: no limit.
   * @throws GrpcError, or the signal's reason
   */
  async unary(path: string, request: Uint8Array, timeoutMs: number, signal?: AbortSignal): Promise<Buffer> {
    signal?.throwIfAborted();
    const connection = this.#connection?.usable ? this.#connection : await this.#connect(signal);
    signal?.throwIfAborted();
    if (connection.closed) throw new GrpcError(UNAVAILABLE, 'the connection was closed', true);
    return new Promise((resolve, reject) => {
      const { clock, maxMessageBytes } = this.#options;
      const begunMs = clock.monotonicMs();
      let answer: Buffer | undefined;
      const end = (error: GrpcError | undefined): void => {
        timer?.cancel();
        signal?.removeEventListener('abort', abort);
        if (error) reject(error);
        else if (answer) resolve(answer);
        else reject(new GrpcError(UNKNOWN, 'the server answered without a message'));
      };
      const abort = (): void => {
        reject(reasonOf(signal!));
        sink.fail(stream, new GrpcError(CANCELLED, 'context canceled'));
      };
      const sink = new CallSink({ message: (message) => (answer = message), end }, maxMessageBytes);
      const stream = connection.open(this.#block(path, timeoutMs), sink);
      stream.send(framed(request), true);
      signal?.addEventListener('abort', abort, { once: true });
      const timer = timeoutMs === 0 ? undefined : clock.after(timeoutMs, () => {
        sink.fail(stream, new GrpcError(DEADLINE_EXCEEDED, 'context deadline exceeded'));
        // Nothing at all came meanwhile: whoever calls next had better connect anew.
        if (!this.#target.isLocal && connection.heardAtMs <= begunMs) connection.close(new ConnectionError('the peer does not answer'));
      });
    });
  }

  /** Opens a stream; failures come as its end. */
  stream(path: string, to: GrpcStreamSink): GrpcStream {
    const sink = new CallSink(to, this.#options.maxMessageBytes);
    let stream: Http2Stream | undefined;
    let paused = false;
    let over = false;
    const unsent: (readonly [message: Uint8Array, last: boolean])[] = [];
    const start = (connection: Http2Connection): void => {
      if (over) return;
      if (connection.closed) {
        sink.finish(new GrpcError(UNAVAILABLE, 'the connection was closed', true));
        return;
      }
      stream = connection.open(this.#block(path, 0), sink);
      stream.pause(paused);
      for (const [message, last] of unsent) stream.send(framed(message), last);
    };
    const connection = this.#connection?.usable ? this.#connection : undefined;
    if (connection) start(connection);
    else this.#connect().then(start, (error: GrpcError) => sink.finish(error));
    return {
      send: (message, last = false) => (stream ? stream.send(framed(message), last) : void unsent.push([message, last])),
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

  #block(path: string, timeoutMs: number): Buffer {
    const known = this.#blocks.get(path);
    if (known?.timeoutMs === timeoutMs) return known.block;
    const { scheme, authority } = this.#target;
    const block = headerBlock([
      [':method', 'POST'],
      [':scheme', scheme],
      [':path', path],
      [':authority', authority],
      ['te', 'trailers'],
      ['content-type', 'application/grpc+proto'],
      ...(timeoutMs === 0 ? [] : [['grpc-timeout', timeoutText(timeoutMs)] as const]),
      ...(this.#options.metadata ?? []),
    ]);
    this.#blocks.set(path, { timeoutMs, block });
    return block;
  }

  /** Calls that come while a connection is made share it; one that is cancelled leaves it to the others. */
  #connect(signal?: AbortSignal): Promise<Http2Connection> {
    this.#connecting ??= this.#open().finally(() => (this.#connecting = undefined));
    if (!signal) return this.#connecting;
    const { promise, resolve, reject } = Promise.withResolvers<Http2Connection>();
    const abort = (): void => reject(reasonOf(signal));
    signal.addEventListener('abort', abort, { once: true });
    void this.#connecting.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
    return promise;
  }

  #open(): Promise<Http2Connection> {
    return new Promise((resolve, reject) => {
      const fail = (message: string, cause?: unknown): void => {
        timer.cancel();
        socket.destroy();
        reject(new GrpcError(UNAVAILABLE, message, true, cause));
      };
      const { clock } = this.#options;
      const { isLocal } = this.#target;
      const timer = clock.after(CONNECT_TIMEOUT_MS, () => fail(`no connection within ${CONNECT_TIMEOUT_MS / 1_000} s`));
      const failed = (error: Error): void => fail(error.message, error);
      const ended = (): void => fail('the connection was closed before it was ready');
      const socket = this.#target.open((problem) => {
        socket.off('error', failed);
        socket.off('close', ended);
        if (problem !== undefined || this.#closed) {
          fail(problem ?? 'the client is closed');
          return;
        }
        timer.cancel();
        const closed = (): void => {
          if (this.#connection === connection) this.#connection = undefined;
        };
        const connection = new Http2Connection(socket, { clock, isWatched: !isLocal, closed });
        this.#connection = connection;
        resolve(connection);
      });
      this.#socket = socket;
      socket.once('error', failed);
      socket.once('close', ended);
    });
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

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new GrpcError(CANCELLED, 'context canceled', false, signal.reason);
}

/** A limit as its header has it: at most eight digits. */
function timeoutText(ms: number): string {
  const whole = Math.ceil(ms);
  return whole < 1e8 ? `${whole}m` : `${Math.ceil(whole / 1_000)}S`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not what the protocol says, but better than nothing.
    return text;
  }
}
