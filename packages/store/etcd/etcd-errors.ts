/**
 * What etcd's refusals mean.
 *
 * Source: etcd api/v3rpc/rpctypes/error.go
 */
import { status, type ServiceError } from '@grpc/grpc-js';
import { StoreUnavailableError } from '../store.ts';

const COMPACTED = 'required revision has been compacted';
const FUTURE = 'required revision is a future revision';
const NO_SPACE = 'database space exceeded';
const LEASE_GONE = 'requested lease not found';
/** Failures of which it is certain that nothing was done: the request was not sent, or there was no leader to send it on to. */
const NOT_DONE = ['No connection established', 'etcdserver: no leader', 'Name resolution failed', 'etcdserver: too many requests'];

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' && 'details' in error;
}

function says(error: unknown, words: string): boolean {
  return isServiceError(error) && error.details.includes(words);
}

/** Whether the asked-for revision is gone. */
export function isCompacted(error: unknown): boolean {
  return says(error, COMPACTED);
}

/** Whether the asked-for revision is not there yet. */
export function isFuture(error: unknown): boolean {
  return says(error, FUTURE);
}

/** Whether a write names a lease that has ended. */
export function isLeaseGone(error: unknown): boolean {
  return says(error, LEASE_GONE);
}

/** Whether another member may do better. */
export function isConnectionFailure(error: unknown): boolean {
  return isServiceError(error) && (error.code === status.UNAVAILABLE || error.code === status.DEADLINE_EXCEEDED || error.code === status.INTERNAL || says(error, 'etcdserver: too many requests'));
}

/** Whether it is certain that the request changed nothing. */
export function isNotDone(error: unknown): boolean {
  return NOT_DONE.some((words) => says(error, words));
}

/** Explains `error` in words that say what to do. */
export function explainEtcd(error: unknown, endpoints: readonly string[]): StoreUnavailableError {
  const detail = isServiceError(error) ? error.details : String(error);
  if (says(error, NO_SPACE))
    return new StoreUnavailableError(`etcd is out of space: compact and defragment it, then disarm its alarm (${detail})`, error);
  if (isConnectionFailure(error)) {
    return new StoreUnavailableError(
      `etcd does not answer at ${endpoints.join(', ')}: check that a majority of its members runs and can be reached (${detail})`,
      error,
    );
  }
  if (isServiceError(error) && (error.code === status.UNAUTHENTICATED || error.code === status.PERMISSION_DENIED)) {
    return new StoreUnavailableError(`etcd refuses access: check the client certificate and its role (${detail})`, error);
  }
  return new StoreUnavailableError(`etcd refused: ${detail}`, error);
}
