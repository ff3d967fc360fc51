/**
 * How the use of tokens in secrets is noted: labels with dates.
 */
import { formatTime, timeToMs } from '#machinery/time.ts';

/** The ConfigMap that says since when. */
export const TRACKING_MAP = 'kube-apiserver-legacy-service-account-token-tracking';
export const TRACKING_NAMESPACE = 'kube-system';
export const TRACKING_SINCE = 'since';
/** When the token was used last. */
export const LAST_USED = 'kubernetes.io/legacy-token-last-used';
/** Since when the token is not accepted any more. */
export const INVALID_SINCE = 'kubernetes.io/legacy-token-invalid-since';

/** `2026-11-21`: the UTC day. */
export function dateText(ms: number): string {
  return formatTime(ms).slice(0, 10);
}

/** Whether the text is such a day. */
export function isDate(text: string | undefined): text is string {
  if (text === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  try {
    return timeToMs(`${text}T00:00:00Z`) >= 0;
  } catch {
    return false;
  }
}
