/** How long a client wants to wait at most. Source: apiserver `server/filters` request deadline. */
import { parseDuration } from '#machinery/duration.ts';
import { badRequest } from '#machinery/status.ts';

/** Requests that do not last as long as their client likes are given up after this time. Source: apiserver `--request-timeout`. */
export const REQUEST_TIMEOUT_MS = 60_000;

const NANOS_PER_MS = 1e6;

/** The `timeout` of a query in milliseconds; undefined where the server's own limit is the shorter one. @throws StatusError BadRequest */
export function askedTimeoutMs(query: URLSearchParams): number | undefined {
  const text = query.size === 0 ? null : query.get('timeout');
  if (!text) return undefined;
  let ms: number;
  try {
    ms = Number(parseDuration(text)) / NANOS_PER_MS;
  } catch (error) {
    throw badRequest(`invalid timeout specified in the request URL - ${(error as Error).message}`);
  }
  return ms > 0 && ms < REQUEST_TIMEOUT_MS ? ms : undefined;
}
