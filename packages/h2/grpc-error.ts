/**
 * How calls fail.
 *
 * Source: gRPC status codes.
 */

export const CANCELLED = 1;
export const UNKNOWN = 2;
export const DEADLINE_EXCEEDED = 4;
export const PERMISSION_DENIED = 7;
export const UNIMPLEMENTED = 12;
export const INTERNAL = 13;
export const UNAVAILABLE = 14;
export const UNAUTHENTICATED = 16;

/** A call that ended with something else than success. */
export class GrpcError extends Error {
  /** A gRPC status code. */
  readonly code: number;
  readonly details: string;
  /** Whether it is certain that the server has not acted on the request. */
  readonly notSent: boolean;

  constructor(code: number, details: string, notSent = false, cause?: unknown) {
    super(details, { cause });
    this.name = 'GrpcError';
    this.code = code;
    this.details = details;
    this.notSent = notSent;
  }
}
