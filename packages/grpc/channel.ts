/**
 * A gRPC client over a unix socket: unary calls and server streams on one HTTP/2 connection that is opened again when it breaks.
 *
 * Source: the gRPC over HTTP/2 protocol document.
 */
import { connect as http2Connect, constants, type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders } from 'node:http2';
import { connect as netConnect, type Socket } from 'node:net';
import { AsyncQueue } from '#base/async-queue.ts';
import { frame, Unframer } from './frames.ts';
import { socketAddress } from './socket-path.ts';
import { grpcFailure, STATUS_CANCELLED, STATUS_UNAVAILABLE, STATUS_UNKNOWN } from './status.ts';

/** A connection to one gRPC server. */
export interface GrpcChannel extends AsyncDisposable {
  /** Sends one message and answers the reply's; `timeoutMs` 0 means none. @throws StatusError. */
  unary(path: string, request: Uint8Array, timeoutMs: number, signal: AbortSignal): Promise<Buffer>;
  /** Sends one message and yields what comes back until the server ends it. @throws StatusError. */
  stream(path: string, request: Uint8Array, signal: AbortSignal): AsyncIterable<Buffer[]>;
}

/** Messages of a stream that may wait for their reader. */
const MAX_WAITING_MESSAGES = 10_000;

const WINDOW_BYTES = 1 << 20;

/** Opens a channel; the connection is made with the first call. */
export function openGrpcChannel(socketPath: string): GrpcChannel {
  let session: ClientHttp2Session | undefined;
  const current = (): ClientHttp2Session => {
    if (session && !session.closed && !session.destroyed) return session;
    const made = http2Connect('http://localhost', {
      createConnection: () => connectSocket(socketPath),
      settings: { initialWindowSize: WINDOW_BYTES, enablePush: false },
    });
    const forget = (): void => {
      if (session === made) session = undefined;
    };
    // Every stream of the session reports the failure to its caller; the session itself is only forgotten.
    made.on('error', forget);
    made.on('close', forget);
    made.on('goaway', forget);
    session = made;
    return made;
  };
  const open = (path: string, request: Uint8Array, timeoutMs: number): ClientHttp2Stream => {
    const stream = current().request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: path,
      [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc+proto',
      te: 'trailers',
      ...(timeoutMs > 0 ? { 'grpc-timeout': grpcTimeout(timeoutMs) } : {}),
    });
    stream.end(frame(request));
    return stream;
  };
  return {
    unary: (path, request, timeoutMs, signal) => unaryCall(() => open(path, request, timeoutMs), signal),
    stream: (path, request, signal) => streamCall(() => open(path, request, 0), signal),
    async [Symbol.asyncDispose]() {
      session?.destroy();
      session = undefined;
    },
  };
}

function connectSocket(socketPath: string): Socket {
  const address = socketAddress(socketPath);
  const release = (): void => address[Symbol.dispose]();
  return netConnect(address.path).once('connect', release).once('close', release);
}

/** A timeout as the header has it: at most eight digits. */
function grpcTimeout(ms: number): string {
  const whole = Math.ceil(ms);
  return whole < 1e8 ? `${whole}m` : `${Math.ceil(whole / 1000)}S`;
}

interface Exchange {
  onMessage(message: Buffer): void;
  onEnd(failure: Error | undefined): void;
}

/** Wires a stream to an exchange: messages as they come, then the end exactly once. */
function exchange(start: () => ClientHttp2Stream, signal: AbortSignal, to: Exchange): void {
  let stream: ClientHttp2Stream;
  try {
    stream = start();
  } catch (error) {
    to.onEnd(grpcFailure(STATUS_UNAVAILABLE, error instanceof Error ? error.message : String(error)));
    return;
  }
  const unframer = new Unframer();
  let ended = false;
  let status: { readonly code: number; readonly message: string } | undefined;
  const end = (failure: Error | undefined): void => {
    if (ended) return;
    ended = true;
    signal.removeEventListener('abort', abort);
    to.onEnd(failure);
  };
  const abort = (): void => {
    stream.close(constants.NGHTTP2_CANCEL);
    end(signal.reason instanceof Error ? signal.reason : grpcFailure(STATUS_CANCELLED, 'context canceled'));
  };
  const readStatus = (headers: IncomingHttpHeaders): void => {
    const code = headers['grpc-status'];
    if (code === undefined) return;
    status = { code: Number(code), message: decodeURIComponent(String(headers['grpc-message'] ?? '')) };
  };
  stream.on('response', (headers) => {
    readStatus(headers);
    if (headers[':status'] !== 200 && !status) status = { code: STATUS_UNKNOWN, message: `unexpected HTTP status ${headers[':status']}` };
  });
  stream.on('trailers', readStatus);
  stream.on('data', (chunk: Buffer) => {
    try {
      for (const message of unframer.take(chunk)) to.onMessage(message);
    } catch (error) {
      stream.close(constants.NGHTTP2_CANCEL);
      end(error as Error);
    }
  });
  stream.on('error', (error) => end(grpcFailure(STATUS_UNAVAILABLE, `error reading from server: ${error.message}`)));
  stream.on('close', () => {
    if (!status) end(grpcFailure(STATUS_UNAVAILABLE, 'error reading from server: EOF'));
    else end(status.code === 0 ? undefined : grpcFailure(status.code, status.message));
  });
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
}

function unaryCall(start: () => ClientHttp2Stream, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let answer: Buffer | undefined;
    exchange(start, signal, {
      onMessage: (message) => {
        answer = message;
      },
      onEnd: (failure) => {
        if (failure) reject(failure);
        else if (answer) resolve(answer);
        else reject(grpcFailure(STATUS_UNKNOWN, 'the server answered without a message'));
      },
    });
  });
}

async function* streamCall(start: () => ClientHttp2Stream, signal: AbortSignal): AsyncIterable<Buffer[]> {
  const stop = new AbortController();
  const queue = new AsyncQueue<Buffer>(MAX_WAITING_MESSAGES);
  exchange(start, AbortSignal.any([signal, stop.signal]), {
    onMessage: (message) => {
      if (!queue.push(message)) queue.fail(grpcFailure(STATUS_UNAVAILABLE, 'the reader of the stream is too slow'));
    },
    onEnd: (failure) => (failure ? queue.fail(failure) : queue.close()),
  });
  try {
    for (let messages = await queue.take(); messages; messages = await queue.take()) yield messages;
  } finally {
    stop.abort();
  }
}
