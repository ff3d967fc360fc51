/**
 * Calls declared as values: `{ path, request, response }`.
 */
import type { GrpcChannel } from './channel.ts';
import type { Partially, ProtoMessage } from './proto.ts';

/** A unary call of a service. */
export interface GrpcCall<Q, A> {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly request: ProtoMessage<Q>;
  readonly response: ProtoMessage<A>;
}

/** Calls and answers with the decoded reply; `timeoutMs` 0 means none. @throws StatusError */
export async function invoke<Q, A>(channel: GrpcChannel, call: GrpcCall<Q, A>, request: Partially<Q>, timeoutMs: number, signal: AbortSignal): Promise<A> {
  return call.response.decode(await channel.unary(call.path, call.request.encode(request), timeoutMs, signal));
}
