/**
 * Declared gRPC calls whose failures are StatusErrors, with the words that users know from events (`rpc error: code = NotFound desc = …`).
 *
 * Source: gRPC status codes; the text form of grpc-go.
 */
import { AsyncQueue } from '#base/async-queue.ts';
import type { GrpcCall } from '#h2/grpc-call.ts';
import type { GrpcClient } from '#h2/grpc-client.ts';
import { GrpcError, UNAVAILABLE } from '#h2/grpc-error.ts';
import type { Partially } from '#h2/proto.ts';
import { StatusError, type StatusReason } from './status.ts';

/** Calls and answers with the decoded reply; `timeoutMs` 0 means no limit. @throws StatusError */
export type Invoke = <Q, A>(call: GrpcCall<Q, A>, request: Partially<Q>, signal: AbortSignal, timeoutMs?: number) => Promise<A>;

/** Messages of a stream that may wait for their reader. */
const MAX_WAITING_MESSAGES = 10_000;

const NAMES = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
] as const;

const REASONS: Readonly<Record<number, readonly [number, StatusReason]>> = {
  3: [400, 'BadRequest'],
  4: [504, 'Timeout'],
  5: [404, 'NotFound'],
  6: [409, 'AlreadyExists'],
  7: [403, 'Forbidden'],
  12: [405, 'MethodNotAllowed'],
  14: [503, 'ServiceUnavailable'],
  16: [401, 'Unauthorized'],
};

/** Makes calls to a server; each takes `timeoutMs` at most unless it says otherwise. */
export function callerOf(client: GrpcClient, timeoutMs: number): Invoke {
  return async (call, request, signal, limitMs = timeoutMs) => {
    try {
      return call.response.decode(await client.unary(call.path, call.request.encode(request), limitMs, signal));
    } catch (error) {
      throw explained(error);
    }
  };
}

/** Sends one message and yields what comes back, as it comes, until the server ends it. @throws StatusError */
export async function* listen<Q, A>(client: GrpcClient, call: GrpcCall<Q, A>, request: Partially<Q>, signal: AbortSignal): AsyncIterable<A[]> {
  signal.throwIfAborted();
  const queue = new AsyncQueue<A>(MAX_WAITING_MESSAGES);
  const stream = client.stream(call.path, {
    message(message) {
      if (queue.push(call.response.decode(message))) return;
      stream.cancel();
      queue.fail(explained(new GrpcError(UNAVAILABLE, 'the reader of the stream is too slow')));
    },
    end: (error) => (error ? queue.fail(explained(error)) : queue.close()),
  });
  const abort = (): void => queue.fail(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    stream.send(call.request.encode(request), true);
    for (let messages = await queue.take(); messages; messages = await queue.take()) yield messages;
  } finally {
    signal.removeEventListener('abort', abort);
    stream.cancel();
  }
}

function explained(error: unknown): unknown {
  return error instanceof GrpcError ? grpcStatus(error) : error;
}

/** A failed call in the words that users know. */
export function grpcStatus(error: GrpcError): StatusError {
  const [code, reason] = REASONS[error.code] ?? [500, 'InternalError'];
  return new StatusError({ code, reason, message: `rpc error: code = ${NAMES[error.code] ?? `Code(${error.code})`} desc = ${error.details}` });
}
