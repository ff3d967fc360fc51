import assert from 'node:assert/strict';
import test from 'node:test';
import { created } from '../../testing/objects.ts';
import { createCases } from '../../testing/tables.ts';
import { cronJobs } from './kind.ts';
import { isTimeZone, parseCronSchedule } from './schedule.ts';

const jobTemplate = { spec: { template: { spec: { containers: [{ name: 'c', image: 'busybox:1' }], restartPolicy: 'Never' } } } };
const cronJob = (spec: object, name = 'tick'): object => ({
  kind: 'CronJob',
  apiVersion: 'batch/v1',
  metadata: { name, namespace: 'default' },
  spec: { schedule: '*/5 * * * *', jobTemplate, ...spec },
});

test('defaults', () => {
  const { spec } = created(cronJobs, cronJob({}));
  assert.equal(spec.concurrencyPolicy, 'Allow');
  assert.equal(spec.suspend, false);
  assert.equal(spec.successfulJobsHistoryLimit, 3);
  assert.equal(spec.failedJobsHistoryLimit, 1);
});

createCases(cronJobs, {
  'time zone': [cronJob({ timeZone: 'Europe/Berlin' }), []],
  'no schedule': [cronJob({ schedule: '' }), ['spec.schedule: Required value']],
  'bad schedule': [cronJob({ schedule: '* * * *' }), ['spec.schedule: Invalid value: "* * * *": expected exactly 5 fields, found 4: [* * * *]']],
  'bad range': [cronJob({ schedule: '61 * * * *' }), ['spec.schedule: Invalid value: "61 * * * *": end of range (61) above maximum (59): 61']],
  'zone in the schedule': [
    cronJob({ schedule: 'TZ=UTC 0 * * * *' }),
    ['spec.schedule: Invalid value: "TZ=UTC 0 * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead'],
  ],
  'unknown zone': [cronJob({ timeZone: 'Mars/Base' }), ['spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base']],
  'local zone': [
    cronJob({ timeZone: 'Local' }),
    ['spec.timeZone: Invalid value: "Local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'],
  ],
  'bad concurrency': [
    cronJob({ concurrencyPolicy: 'Queue' }),
    ['spec.concurrencyPolicy: Unsupported value: "Queue": supported values: "Allow", "Forbid", "Replace"'],
  ],
  'negative limits': [
    cronJob({ startingDeadlineSeconds: -1, successfulJobsHistoryLimit: -1, failedJobsHistoryLimit: -1 }),
    [
      'spec.startingDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0',
      'spec.successfulJobsHistoryLimit: Invalid value: -1: must be greater than or equal to 0',
      'spec.failedJobsHistoryLimit: Invalid value: -1: must be greater than or equal to 0',
    ],
  ],
  'long name': [
    cronJob({}, 'a'.repeat(53)),
    ['metadata.name: Invalid value: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": must be no more than 52 characters'],
  ],
});

test('schedules', () => {
  const fields = (text: string): number[][] => {
    const schedule = parseCronSchedule(text);
    assert.ok('minutes' in schedule);
    return [schedule.minutes, schedule.hours, schedule.daysOfMonth, schedule.months, schedule.daysOfWeek].map((set) =>
      [...set].toSorted((a, b) => a - b),
    );
  };
  assert.deepEqual(fields('*/20 8-10 1,15 jan,mar mon-wed').slice(0, 5), [
    [0, 20, 40],
    [8, 9, 10],
    [1, 15],
    [1, 3],
    [1, 2, 3],
  ]);
  assert.deepEqual(fields('@daily').slice(0, 2), [[0], [0]]);
  assert.deepEqual(parseCronSchedule('@every 90s'), { everyMs: 90_000 });
  assert.throws(() => parseCronSchedule('@often'), /unrecognized descriptor: @often/);
  assert.ok(isTimeZone('America/New_York'));
  assert.ok(!isTimeZone('Nowhere/Else'));
});
