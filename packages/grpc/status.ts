/**
 * gRPC status codes as StatusErrors, with the words that users know from events (`rpc error: code = NotFound desc = …`).
 *
 * Source: gRPC status codes; the text form of grpc-go.
 */
import { StatusError, type StatusReason } from '#machinery/status.ts';

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

export const STATUS_CANCELLED = 1;
export const STATUS_UNKNOWN = 2;
export const STATUS_UNAVAILABLE = 14;

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

/** The error for a call that ended with `code`. */
export function grpcFailure(code: number, description: string): StatusError {
  const [httpCode, reason] = REASONS[code] ?? [500, 'InternalError'];
  return new StatusError({ code: httpCode, reason, message: `rpc error: code = ${NAMES[code] ?? `Code(${code})`} desc = ${description}` });
}
