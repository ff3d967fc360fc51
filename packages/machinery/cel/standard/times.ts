/** Parts of timestamps and durations. */
import { type Declaration, type Library, method } from '../functions.ts';
import { DURATION, INT, STRING, TIMESTAMP } from '../types.ts';
import { type CelDuration, CelError, type CelTimestamp } from '../values.ts';

const MS = 1_000_000n;

/** A time on the wall clock of a zone, as if it were UTC. */
function local({ nanos }: CelTimestamp, zone: string): Date {
  const ms = Number(nanos / MS) - (nanos % MS < 0n ? 1 : 0);
  if (zone === 'UTC' || zone === '') return new Date(ms);
  const offset = /^([+-]?)(\d\d):(\d\d)$/.exec(zone);
  if (offset) return new Date(ms + (offset[1] === '-' ? -1 : 1) * (Number(offset[2]) * 60 + Number(offset[3])) * 60_000);
  const fraction = ((ms % 1000) + 1000) % 1000;
  return new Date(wallClock(ms - fraction, zone) + fraction);
}

function wallClock(ms: number, timeZone: string): number {
  let parts: Intl.DateTimeFormatPart[];
  try {
    const format = new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', era: 'short', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' });
    parts = format.formatToParts(ms);
  } catch {
    throw new CelError(`unknown time zone ${timeZone}`);
  }
  const part = (type: string): number => Number(parts.find((one) => one.type === type)?.value);
  const date = new Date(0);
  date.setUTCFullYear(part('year'), part('month') - 1, part('day'));
  date.setUTCHours(part('hour'), part('minute'), part('second'));
  return date.getTime();
}

function dayOfYear(date: Date): number {
  const first = new Date(date);
  first.setUTCMonth(0, 1);
  return Math.floor((date.getTime() - first.getTime()) / 86_400_000);
}

function part(name: string, of: (date: Date) => number): Declaration[] {
  return [
    method(name, [[TIMESTAMP], INT], (at: CelTimestamp) => BigInt(of(local(at, 'UTC')))),
    method(name, [[TIMESTAMP, STRING], INT], (at: CelTimestamp, zone: string) => BigInt(of(local(at, zone)))),
  ];
}

const whole = (name: string, unit: bigint): Declaration => method(name, [[DURATION], INT], ({ nanos }: CelDuration) => nanos / unit);

/** The parts. Months, days of the month (`getDayOfMonth`), of the week and of the year count from 0; `getDate` counts from 1. */
export const times: Library = [
  ...part('getFullYear', (date) => date.getUTCFullYear()),
  ...part('getMonth', (date) => date.getUTCMonth()),
  ...part('getDayOfYear', dayOfYear),
  ...part('getDayOfMonth', (date) => date.getUTCDate() - 1),
  ...part('getDate', (date) => date.getUTCDate()),
  ...part('getDayOfWeek', (date) => date.getUTCDay()),
  ...part('getHours', (date) => date.getUTCHours()),
  ...part('getMinutes', (date) => date.getUTCMinutes()),
  ...part('getSeconds', (date) => date.getUTCSeconds()),
  ...part('getMilliseconds', (date) => date.getUTCMilliseconds()),
  whole('getHours', 3_600_000_000_000n),
  whole('getMinutes', 60_000_000_000n),
  whole('getSeconds', 1_000_000_000n),
  method('getMilliseconds', [[DURATION], INT], ({ nanos }: CelDuration) => nanos / MS),
];
