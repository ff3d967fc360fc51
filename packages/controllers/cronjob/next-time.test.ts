import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TimeZones } from '#base/time-zones.ts';
import { parseCronSchedule } from '#kinds/batch/cron-job/schedule.ts';
import { nextTime, unsupportedSchedule } from './next-time.ts';

const zones = new TimeZones();

const cases: readonly [string, string, string | undefined, string | undefined][] = [
  ['* * * * *', '2026-01-01T00:00:00Z', undefined, '2026-01-01T00:01:00Z'],
  ['*/15 * * * *', '2026-01-01T00:14:59Z', undefined, '2026-01-01T00:15:00Z'],
  ['0 5 * * *', '2026-01-01T05:00:00Z', undefined, '2026-01-02T05:00:00Z'],
  ['30 9 1 * *', '2026-01-31T00:00:00Z', undefined, '2026-02-01T09:30:00Z'],
  ['0 0 13 * 5', '2026-01-01T00:00:00Z', undefined, '2026-01-02T00:00:00Z'],
  ['0 0 29 2 *', '2026-01-01T00:00:00Z', undefined, '2028-02-29T00:00:00Z'],
  ['59 23 31 2 *', '2026-01-01T00:00:00Z', undefined, undefined],
  ['@every 90s', '2026-01-01T00:00:00.500Z', undefined, '2026-01-01T00:01:30Z'],
  ['@hourly', '2026-01-01T00:30:00Z', undefined, '2026-01-01T01:00:00Z'],
  ['0 9 * * *', '2026-01-01T00:00:00Z', 'Europe/Berlin', '2026-01-01T08:00:00Z'],
  ['0 9 * * *', '2026-07-01T00:00:00Z', 'Europe/Berlin', '2026-07-01T07:00:00Z'],
  ['0 0 * * *', '2026-01-01T00:00:00Z', 'Asia/Kolkata', '2026-01-01T18:30:00Z'],
  // Clocks go forward on 8 March 2026 at 2:00 in New York: 2:30 does not happen.
  ['30 2 * * *', '2026-03-08T06:00:00Z', 'America/New_York', '2026-03-09T06:30:00Z'],
  // They go back on 1 November 2026 at 2:00: 1:30 happens twice.
  ['30 1 * * *', '2026-11-01T05:30:00Z', 'America/New_York', '2026-11-01T06:30:00Z'],
];

for (const [schedule, after, zone, want] of cases) {
  test(`${schedule} after ${after}${zone ? ` in ${zone}` : ''}`, () => {
    const next = nextTime(parseCronSchedule(schedule), Date.parse(after), zones, zone);
    assert.equal(next === undefined ? undefined : new Date(next).toISOString().replace('.000', ''), want);
  });
}

test('a time zone within a schedule is not supported', () => {
  const said = 'CRON_TZ or TZ used in schedule "TZ=Etc/UTC 0 3 * * *" is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details';
  assert.equal(unsupportedSchedule('TZ=Etc/UTC 0 3 * * *'), said);
  assert.equal(unsupportedSchedule('0 3 * * *'), undefined);
});
