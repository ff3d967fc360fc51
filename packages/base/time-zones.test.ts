import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TimeZones } from './time-zones.ts';

const cases = [
  ['2026-01-01T00:00:00.000Z', '', '2026-01-01T00:00:00.000Z'],
  ['2026-01-01T00:00:00.000Z', 'Etc/UTC', '2026-01-01T00:00:00.000Z'],
  ['2026-01-01T00:00:00.250Z', 'Europe/Berlin', '2026-01-01T01:00:00.250Z'],
  ['2026-07-01T00:00:00.250Z', 'Europe/Berlin', '2026-07-01T02:00:00.250Z'],
  ['2026-01-01T00:00:00.000Z', 'Asia/Kolkata', '2026-01-01T05:30:00.000Z'],
  ['2026-01-01T00:00:00.000Z', 'America/New_York', '2025-12-31T19:00:00.000Z'],
  // Clocks go forward, and back.
  ['2026-03-08T06:59:59.999Z', 'America/New_York', '2026-03-08T01:59:59.999Z'],
  ['2026-03-08T07:00:00.000Z', 'America/New_York', '2026-03-08T03:00:00.000Z'],
  ['2026-11-01T05:30:00.000Z', 'America/New_York', '2026-11-01T01:30:00.000Z'],
  ['2026-11-01T06:30:00.000Z', 'America/New_York', '2026-11-01T01:30:00.000Z'],
  ['1960-06-01T12:00:00.001Z', 'Asia/Tokyo', '1960-06-01T21:00:00.001Z'],
  ['0050-06-01T12:00:00.000Z', 'Etc/GMT-2', '0050-06-01T14:00:00.000Z'],
] as const;

test('walls show the time of their zone', () => {
  const zones = new TimeZones();
  for (const [utc, zone, wall] of [...cases, ...cases]) assert.equal(new Date(zones.wallClockMs(Date.parse(utc), zone)).toISOString(), wall, `${utc} ${zone}`);
  assert.throws(() => zones.wallClockMs(0, 'Nowhere/At'), RangeError);
});
