/**
 * Calls declared as values: `{ path, request, response }`.
 */
import type { ProtoMessage } from './proto.ts';

/** A method of a service. */
export interface GrpcCall<Q, A> {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly request: ProtoMessage<Q>;
  readonly response: ProtoMessage<A>;
}
