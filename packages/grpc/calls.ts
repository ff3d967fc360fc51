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

/** Calls and answers with the decoded reply; `timeoutMs` 0 means no limit. @throws StatusError */
export type Invoke = <Q, A>(call: GrpcCall<Q, A>, request: Partially<Q>, signal: AbortSignal, timeoutMs?: number) => Promise<A>;

/** Makes calls on a channel; each takes `timeoutMs` at most unless it says otherwise. */
export function callerOf(channel: GrpcChannel, timeoutMs: number): Invoke {
  return async (call, request, signal, limitMs = timeoutMs) =>
    call.response.decode(await channel.unary(call.path, call.request.encode(request), limitMs, signal));
}
