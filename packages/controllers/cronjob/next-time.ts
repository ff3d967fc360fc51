/**
 * When a cron schedule strikes next, in its time zone.
 *
 * Source: the behaviour of github.com/robfig/cron v3: every minute whose local time matches, so that times which a clock change skips do not
 * strike and times which it repeats strike twice.
 */
// oxlint-disable no-restricted-globals -- calendar arithmetic on times that are given; nothing here asks what time it is
import type { TimeZones } from '#base/time-zones.ts';
import type { CronFields, CronSchedule } from '#kinds/batch/cron-job/schedule.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** A schedule that does not strike for this long never does: 31 February, for one. */
const HORIZON_MS = 5 * 366 * DAY_MS;

/** Local time as if it were UTC, in milliseconds. */
type LocalMs = (utcMs: number) => number;

function matchesDay(fields: CronFields, local: Date): boolean {
  if (!fields.months.has(local.getUTCMonth() + 1)) return false;
  const ofMonth = fields.daysOfMonth.has(local.getUTCDate());
  const ofWeek = fields.daysOfWeek.has(local.getUTCDay());
  return fields.anyDayOfMonth || fields.anyDayOfWeek ? ofMonth && ofWeek : ofMonth || ofWeek;
}

/** The start of the next local day after `utcMs`, also where clocks change in between. */
function nextDay(utcMs: number, local: LocalMs): number {
  const now = local(utcMs);
  const jumped = utcMs + DAY_MS - (((now % DAY_MS) + DAY_MS) % DAY_MS);
  const there = local(jumped);
  const past = ((there % DAY_MS) + DAY_MS) % DAY_MS;
  const back = jumped - past;
  return Math.floor(there / DAY_MS) > Math.floor(now / DAY_MS) && past > 0 && past < DAY_MS / 2 && Math.floor(local(back) / DAY_MS) === Math.floor(there / DAY_MS) ? back : jumped;
}

/** The first time after `afterMs` at which the schedule strikes, in milliseconds since the epoch; `undefined` when it never does. */
export function nextTime(schedule: CronSchedule, afterMs: number, zones: TimeZones, timeZone = 'UTC'): number | undefined {
  if ('everyMs' in schedule) return Math.floor(afterMs / SECOND_MS) * SECOND_MS + Math.max(schedule.everyMs, SECOND_MS);
  const zone = schedule.timeZone ?? timeZone;
  const local: LocalMs = (utcMs) => zones.wallClockMs(utcMs, zone);
  let utcMs = (Math.floor(afterMs / MINUTE_MS) + 1) * MINUTE_MS;
  while (utcMs - afterMs <= HORIZON_MS) {
    const at = new Date(local(utcMs));
    if (!matchesDay(schedule, at)) utcMs = nextDay(utcMs, local);
    else if (!schedule.hours.has(at.getUTCHours())) utcMs += HOUR_MS - at.getUTCMinutes() * MINUTE_MS;
    else if (!schedule.minutes.has(at.getUTCMinutes())) utcMs += MINUTE_MS;
    else return utcMs;
  }
  return undefined;
}

/** RFC 1123 with numeric zone: `Thu, 01 Jan 2026 00:00:00 +0000`. */
export function rfc1123(ms: number): string {
  return new Date(ms).toUTCString().replace('GMT', '+0000');
}

/** What is said of a schedule that names its time zone itself, as old objects may; undefined of others. */
export function unsupportedSchedule(schedule: string): string | undefined {
  if (!schedule.includes('TZ')) return undefined;
  const more = 'see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details';
  return `CRON_TZ or TZ used in schedule ${JSON.stringify(schedule)} is not officially supported, ${more}`;
}
