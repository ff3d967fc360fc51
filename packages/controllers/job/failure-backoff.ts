/**
 * How long a Job waits before it replaces failed pods: 10 s, doubling with each failure since the last success, at most 10 minutes.
 *
 * Source: upstream `pkg/controller/job/backoff_utils.go`.
 */
import type { Pod } from '#kinds/core/pod/schema.ts';
import { countAnnotation, finishedMs, INDEX_FAILURES, INDEX_IGNORED_FAILURES } from './job-pods.ts';

const BASE_MS = 10_000;
const MAX_MS = 600_000;

/** Failures since the last success. */
export interface FailureRecord {
  readonly failures: number;
  readonly lastFailureMs: number;
}

/** No failure yet. */
export const NO_FAILURES: FailureRecord = { failures: 0, lastFailureMs: 0 };

/** The record after more pods have ended. */
export function recordEnds(record: FailureRecord, succeeded: readonly Pod[], failed: readonly Pod[]): FailureRecord {
  const failures = failed.map(finishedMs).toSorted((a, b) => a - b);
  if (succeeded.length === 0) {
    if (failures.length === 0) return record;
    return { failures: record.failures + failures.length, lastFailureMs: failures.at(-1)! };
  }
  const lastSuccessMs = Math.max(...succeeded.map(finishedMs));
  const since = failures.filter((ms) => ms > lastSuccessMs);
  return since.length === 0 ? NO_FAILURES : { failures: since.length, lastFailureMs: since.at(-1)! };
}

/** Milliseconds until pods may be created again. */
export function remainingMs(record: FailureRecord, nowMs: number): number {
  if (record.failures === 0) return 0;
  const backoffMs = Math.min(BASE_MS * 2 ** Math.min(record.failures - 1, 30), MAX_MS);
  return Math.max(record.lastFailureMs + backoffMs - nowMs, 0);
}

/** Milliseconds until the index of `lastFailed` may be tried again. */
export function indexRemainingMs(lastFailed: Pod | undefined, nowMs: number): number {
  if (!lastFailed) return 0;
  const failures = countAnnotation(lastFailed, INDEX_FAILURES) + countAnnotation(lastFailed, INDEX_IGNORED_FAILURES) + 1;
  return remainingMs({ failures, lastFailureMs: finishedMs(lastFailed) }, nowMs);
}
