/**
 * A gRPC server of unary calls on a unix socket, for fakes of runtimes and drivers.
 *
 * Source: the gRPC over HTTP/2 protocol document.
 */
import { rm } from 'node:fs/promises';
import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { socketAddress } from '#base/socket-path.ts';
import type { GrpcCall } from '../grpc-call.ts';
import { GrpcError, UNIMPLEMENTED, UNKNOWN } from '../grpc-error.ts';
import { framed, MessageReader } from '../message-reader.ts';
import type { Partially } from '../proto.ts';

/** Answers one call. */
export interface GrpcMethod {
  readonly path: string;
  answer(request: Buffer): Promise<Uint8Array>;
}

/** A declared call with what answers it. */
export function method<Q, A>(call: GrpcCall<Q, A>, handle: (request: Q) => Promise<Partially<A>> | Partially<A>): GrpcMethod {
  return { path: call.path, answer: async (request) => call.response.encode(await handle(call.request.decode(request))) };
}

const MAX_MESSAGE_BYTES = 16 << 20;

/** Serves the methods until disposed; a socket that was left behind is replaced. */
export async function openGrpcServer(socketPath: string, methods: readonly GrpcMethod[]): Promise<AsyncDisposable> {
  const byPath = new Map(methods.map((one) => [one.path, one]));
  const server = createServer();
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => session.destroy());
    session.on('close', () => sessions.delete(session));
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => stream.destroy());
    void serve(stream, byPath.get(headers[':path'] ?? ''), headers[':path'] ?? '');
  });
  await rm(socketPath, { force: true });
  const listening = Promise.withResolvers<void>();
  server.once('error', listening.reject);
  const address = socketAddress(socketPath);
  server.listen(address.path, listening.resolve);
  await listening.promise;
  return {
    async [Symbol.asyncDispose]() {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      for (const session of sessions) session.destroy();
      await closed.promise;
      // Until then, closing removes the socket by this name.
      address[Symbol.dispose]();
    },
  };
}

async function serve(stream: ServerHttp2Stream, known: GrpcMethod | undefined, path: string): Promise<void> {
  let status = { code: 0, message: '' };
  let reply: Uint8Array | undefined;
  try {
    const request = await readMessage(stream);
    if (!known) throw new GrpcError(UNIMPLEMENTED, `unknown method ${path}`);
    reply = await known.answer(request);
  } catch (error) {
    status = { code: error instanceof GrpcError ? error.code : UNKNOWN, message: (error as Error).message };
  }
  if (stream.destroyed) return;
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(status.code), 'grpc-message': encodeURIComponent(status.message) }));
  stream.end(reply ? framed(reply) : undefined);
}

async function readMessage(stream: ServerHttp2Stream): Promise<Buffer> {
  const reader = new MessageReader(MAX_MESSAGE_BYTES);
  const messages: Buffer[] = [];
  // Read to its end: leaving early would destroy the stream.
  for await (const chunk of stream as AsyncIterable<Buffer>) reader.take(chunk, (message) => messages.push(message));
  if (!messages[0]) throw new Error('the client sent no message');
  return messages[0];
}
