/**
 * Which run of a CronJob is due, and when to look again.
 *
 * Source: upstream `pkg/controller/cronjob/utils.go`.
 */
import type { TimeZones } from '#base/time-zones.ts';
import type { CronJob } from '#kinds/batch/cron-job/schema.ts';
import { parseCronSchedule } from '#kinds/batch/cron-job/schedule.ts';
import { timeToMs } from '#machinery/time.ts';
import { createdMs } from '../workload/pod-state.ts';
import { nextTime } from './next-time.ts';

/** More missed runs than this are worth a warning: the clock or the deadline is wrong. */
const MANY_MISSED = 100;
/** Wake up a little after the time, so that it has surely come. */
const LATE_MS = 100;

/** The runs between the last one and now. */
export interface MissedRuns {
  /** From when on runs count. */
  readonly sinceMs: number;
  /** The latest run that is due; `undefined` when none is. */
  readonly dueMs: number | undefined;
  readonly missed: 'none' | 'few' | 'many';
}

/** The next run of a CronJob after a time. @throws Error when the schedule cannot be read */
export function nextRunMs({ spec }: CronJob, afterMs: number, zones: TimeZones): number | undefined {
  return nextTime(parseCronSchedule(spec.schedule), afterMs, zones, spec.timeZone);
}

/**
 * Finds the latest run that is due.
 * @throws Error when the schedule cannot be read, or strikes more than once per second.
 */
export function missedRuns(cronJob: CronJob, nowMs: number, zones: TimeZones, withDeadline: boolean): MissedRuns {
  const { startingDeadlineSeconds } = cronJob.spec;
  const { lastScheduleTime } = cronJob.status;
  let sinceMs = lastScheduleTime ? timeToMs(lastScheduleTime) : createdMs(cronJob);
  if (withDeadline && startingDeadlineSeconds !== undefined) sinceMs = Math.max(sinceMs, nowMs - startingDeadlineSeconds * 1000);
  const first = nextRunMs(cronJob, sinceMs, zones);
  if (first === undefined || nowMs < first) return { sinceMs, dueMs: undefined, missed: 'none' };
  const second = nextRunMs(cronJob, first, zones);
  if (second === undefined || nowMs < second) return { sinceMs, dueMs: first, missed: 'none' };
  const intervalMs = second - first;
  if (intervalMs < 1000) throw new Error('time difference between two schedules is less than 1 second');
  // Runs may be too many to walk through: begin near the end, then let the schedule itself say.
  const missed = Math.floor((nowMs - first) / intervalMs) + 1;
  let dueMs: number | undefined;
  for (let run = nextRunMs(cronJob, first + (missed - 2) * intervalMs, zones); run !== undefined && run <= nowMs; run = nextRunMs(cronJob, run, zones)) dueMs = run;
  return { sinceMs, dueMs, missed: missed > MANY_MISSED ? 'many' : 'few' };
}

/** Milliseconds until the next run; `undefined` when there is none. */
export function nextRunInMs(cronJob: CronJob, nowMs: number, zones: TimeZones): number | undefined {
  let fromMs = nowMs;
  try {
    const { sinceMs, dueMs, missed } = missedRuns(cronJob, nowMs, zones, false);
    fromMs = dueMs ?? (missed === 'none' ? sinceMs : nowMs);
  } catch {
    // An invalid interval: the run after now is as good as any.
  }
  const next = nextRunMs(cronJob, fromMs, zones);
  return next === undefined ? undefined : Math.max(next - nowMs, 0) + LATE_MS;
}
