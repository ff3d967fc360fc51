/**
 * `StatusError`: the one error that crosses package boundaries. It serialises to `metav1.Status`.
 *
 * Source: apimachinery's status reasons, codes and message forms.
 */

/** Machine-readable reasons of a Status. */
export type StatusReason =
  | ''
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Gone'
  | 'Invalid'
  | 'ServerTimeout'
  | 'StoreReadError'
  | 'Timeout'
  | 'TooManyRequests'
  | 'BadRequest'
  | 'MethodNotAllowed'
  | 'NotAcceptable'
  | 'RequestEntityTooLarge'
  | 'UnsupportedMediaType'
  | 'InternalError'
  | 'Expired'
  | 'ServiceUnavailable';

/** One cause of a failure. */
export interface StatusCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

/** What a failure was about. */
export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  /** Kind or resource, as the failing operation names it. */
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** The wire form. */
export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
  readonly status?: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: StatusReason;
  readonly details?: StatusDetails;
  readonly code?: number;
}

/** A failed API operation. */
export class StatusError extends Error {
  readonly code: number;
  readonly reason: StatusReason;
  readonly details: StatusDetails | undefined;
  /** Extra list metadata, such as the fresh `continue` token of an expired list. */
  readonly listMeta: Status['metadata'];

  constructor(
    fields: { code: number; reason: StatusReason; message: string; details?: StatusDetails | undefined; metadata?: Status['metadata'] },
    cause?: unknown,
  ) {
    super(fields.message, cause === undefined ? undefined : { cause });
    this.name = 'StatusError';
    this.code = fields.code;
    this.reason = fields.reason;
    this.details = fields.details;
    this.listMeta = fields.metadata ?? {};
  }

  /** The `metav1.Status` a client receives. */
  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.listMeta,
      status: 'Failure',
      message: this.message,
      ...(this.reason ? { reason: this.reason } : {}),
      ...(this.details ? { details: this.details } : {}),
      code: this.code,
    };
  }

  /** Rebuilds the error from a Status that a server sent. */
  static fromStatus(status: Partial<Status>, httpCode = 500): StatusError {
    return new StatusError({
      code: status.code ?? httpCode,
      reason: status.reason ?? '',
      message: status.message ?? 'unknown',
      details: status.details,
      ...(status.metadata ? { metadata: status.metadata } : {}),
    });
  }
}

/** Whether `error` is a StatusError with this reason. */
export function isReason(error: unknown, reason: StatusReason): error is StatusError {
  return error instanceof StatusError && error.reason === reason;
}

/** Names a resource the way messages do: `pods`, `deployments.apps`. */
export interface GroupResource {
  readonly group: string;
  readonly resource: string;
}

/** `deployments.apps`, or `pods` for the core group. */
export function groupResourceText(of: GroupResource): string {
  return of.group ? `${of.resource}.${of.group}` : of.resource;
}

const details = (of: GroupResource, name: string): StatusDetails => ({
  ...(name ? { name } : {}),
  ...(of.group ? { group: of.group } : {}),
  kind: of.resource,
});

/** 404 `NotFound`. */
export function notFound(of: GroupResource, name: string): StatusError {
  return new StatusError({ code: 404, reason: 'NotFound', message: `${groupResourceText(of)} "${name}" not found`, details: details(of, name) });
}

/** 409 `AlreadyExists`. */
export function alreadyExists(of: GroupResource, name: string): StatusError {
  return new StatusError({
    code: 409,
    reason: 'AlreadyExists',
    message: `${groupResourceText(of)} "${name}" already exists`,
    details: details(of, name),
  });
}

/** 409 `Conflict`; `why` completes "Operation cannot be fulfilled on …: ". */
export function conflict(of: GroupResource, name: string, why: string): StatusError {
  return new StatusError({
    code: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${groupResourceText(of)} "${name}": ${why}`,
    details: details(of, name),
  });
}

/** The words of the conflict that an outdated `resourceVersion` causes. */
export const OBJECT_MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again';

/** 403 `Forbidden`; `why` completes "… is forbidden: ". */
export function forbidden(of: GroupResource, name: string, why: string): StatusError {
  const subject = groupResourceText(of);
  const message = !of.resource ? `forbidden: ${why}` : name ? `${subject} "${name}" is forbidden: ${why}` : `${subject} is forbidden: ${why}`;
  return new StatusError({ code: 403, reason: 'Forbidden', message, details: details(of, name) });
}

/** 401 `Unauthorized`. */
export function unauthorized(message = 'Unauthorized'): StatusError {
  return new StatusError({ code: 401, reason: 'Unauthorized', message });
}

/** 400 `BadRequest`. */
export function badRequest(message: string): StatusError {
  return new StatusError({ code: 400, reason: 'BadRequest', message });
}

/** 405 `MethodNotAllowed`. */
export function methodNotAllowed(of: GroupResource, action: string): StatusError {
  return new StatusError({
    code: 405,
    reason: 'MethodNotAllowed',
    message: `${action} is not supported on resources of kind "${groupResourceText(of)}"`,
    details: details(of, ''),
  });
}

/** 410 `Expired`: the resource version or continue token is too old. */
export function expired(message: string): StatusError {
  return new StatusError({ code: 410, reason: 'Expired', message });
}

/** 410 `Gone`. */
export function gone(message: string): StatusError {
  return new StatusError({ code: 410, reason: 'Gone', message });
}

/** 429 `TooManyRequests`. */
export function tooManyRequests(message: string, retryAfterSeconds: number): StatusError {
  return new StatusError({ code: 429, reason: 'TooManyRequests', message, details: { retryAfterSeconds } });
}

/** 500 `InternalError`. */
export function internalError(error: unknown): StatusError {
  const text = error instanceof Error ? error.message : String(error);
  return new StatusError(
    { code: 500, reason: 'InternalError', message: `Internal error occurred: ${text}`, details: { causes: [{ message: text }] } },
    error,
  );
}

/** 503 `ServiceUnavailable`. */
export function serviceUnavailable(message: string): StatusError {
  return new StatusError({ code: 503, reason: 'ServiceUnavailable', message });
}

/** 504 `Timeout`. */
export function timeout(message: string, retryAfterSeconds = 0): StatusError {
  return new StatusError({ code: 504, reason: 'Timeout', message: `Timeout: ${message}`, details: { retryAfterSeconds } });
}

/** 500 `ServerTimeout`. */
export function serverTimeout(of: GroupResource, action: string, retryAfterSeconds: number): StatusError {
  return new StatusError({
    code: 500,
    reason: 'ServerTimeout',
    message: `The ${action} operation against ${groupResourceText(of)} could not be completed at this time, please try again.`,
    details: { ...details(of, action), retryAfterSeconds },
  });
}

/** 413 `RequestEntityTooLarge`. */
export function requestEntityTooLarge(message: string): StatusError {
  return new StatusError({ code: 413, reason: 'RequestEntityTooLarge', message: `Request entity is too large: ${message}` });
}

/** 415 `UnsupportedMediaType`. */
export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  return new StatusError({
    code: 415,
    reason: 'UnsupportedMediaType',
    message: `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  });
}

/** 406 `NotAcceptable`. */
export function notAcceptable(accepted: readonly string[]): StatusError {
  return new StatusError({
    code: 406,
    reason: 'NotAcceptable',
    message: `only the following media types are accepted: ${accepted.join(', ')}`,
  });
}
