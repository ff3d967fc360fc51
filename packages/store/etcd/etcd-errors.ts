/**
 * What etcd's refusals mean.
 *
 * Source: etcd api/v3rpc/rpctypes/error.go
 */
import { DEADLINE_EXCEEDED, GrpcError, INTERNAL, PERMISSION_DENIED, UNAUTHENTICATED, UNAVAILABLE } from '#h2/grpc-error.ts';
import { StoreUnavailableError } from '../store.ts';

const COMPACTED = 'required revision has been compacted';
const FUTURE = 'required revision is a future revision';
const NO_SPACE = 'database space exceeded';
const NAMELESS = 'user name is empty';
const LEASE_GONE = 'requested lease not found';
/** Answers that say that nothing was done: there was no leader to send the request on to, or it was not taken. */
const NOT_DONE = ['etcdserver: no leader', 'etcdserver: too many requests'];

function says(error: unknown, words: string): boolean {
  return error instanceof GrpcError && error.details.includes(words);
}

/** Whether the asked-for revision is gone. */
export function isCompacted(error: unknown): boolean {
  return says(error, COMPACTED);
}

/** Whether the asked-for revision is not there yet. */
export function isFuture(error: unknown): boolean {
  return says(error, FUTURE);
}

/** Whether a write was refused because the members' files have reached their quota. */
export function isOutOfSpace(error: unknown): boolean {
  return says(error, NO_SPACE);
}

/** Whether a write names a lease that has ended. */
export function isLeaseGone(error: unknown): boolean {
  return says(error, LEASE_GONE);
}

/** Whether another member may do better. */
export function isConnectionFailure(error: unknown): boolean {
  return error instanceof GrpcError && (error.code === UNAVAILABLE || error.code === DEADLINE_EXCEEDED || error.code === INTERNAL || says(error, 'etcdserver: too many requests'));
}

/** Whether it is certain that the request changed nothing. */
export function isNotDone(error: unknown): boolean {
  return (error instanceof GrpcError && error.notSent) || NOT_DONE.some((words) => says(error, words));
}

/** Whether etcd wants to know who asks, or does not let them. */
function isAccessRefused(error: unknown): boolean {
  return (error instanceof GrpcError && (error.code === UNAUTHENTICATED || error.code === PERMISSION_DENIED)) || says(error, NAMELESS);
}

/** Explains `error` in words that say what to do; etcd's own are kept beside them. */
export function explainEtcd(error: unknown, endpoints: readonly string[]): StoreUnavailableError {
  const detail = error instanceof GrpcError ? error.details : String(error);
  const refused = (text: string): StoreUnavailableError => new StoreUnavailableError(text, error, detail.startsWith('etcdserver:') ? { refusal: detail } : {});
  if (isOutOfSpace(error)) return refused(`etcd is out of space: compact and defragment it, then disarm its alarm (${detail})`);
  if (isConnectionFailure(error)) return refused(`etcd does not answer at ${endpoints.join(', ')}: check that a majority of its members runs and can be reached (${detail})`);
  if (isAccessRefused(error)) return refused(`etcd refuses access: check the client certificate and its role (${detail})`);
  return refused(`etcd refused: ${detail}`);
}
