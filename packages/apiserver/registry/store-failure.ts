/**
 * Failures of the store as clients see them.
 *
 * Source: apiserver `endpoints/handlers/responsewriters/status.go`: what etcd refuses is told in etcd's words, as an error without a reason.
 */
import { serviceUnavailable, StatusError, timeout } from '#machinery/status.ts';
import type { StoreUnavailableError } from '#store/store.ts';

/** 504 when the write may have happened, 500 in etcd's words when it refused, else 503. */
export function storeFailure({ message, refusal, outcomeUnknown }: StoreUnavailableError): StatusError {
  if (outcomeUnknown) return timeout(message);
  if (refusal !== undefined) return new StatusError({ code: 500, reason: '', message: refusal });
  return serviceUnavailable(message);
}
