/** Parts of timestamps and durations. */
import type { TimeZones } from '#base/time-zones.ts';
import { type Declaration, type Library, method } from '../functions.ts';
import { DURATION, INT, STRING, TIMESTAMP } from '../types.ts';
import { type CelDuration, CelError, type CelTimestamp } from '../values.ts';

const NANOS_PER_MS = 1_000_000n;
const MS_PER_DAY = 86_400_000;

/** A time on some clock: days and milliseconds since 1970-01-01 there. */
interface Local {
  readonly day: number;
  readonly ms: number;
}

const split = (ms: number): Local => {
  const day = Math.floor(ms / MS_PER_DAY);
  return { day, ms: ms - day * MS_PER_DAY };
};

/** A time on the wall clock of a zone. */
type LocalTime = (at: CelTimestamp, zone: string) => Local;

const localIn =
  (zones: TimeZones): LocalTime =>
  ({ nanos }, zone) => {
    const ms = Number(nanos / NANOS_PER_MS) - (nanos % NANOS_PER_MS < 0n ? 1 : 0);
    const offset = /^([+-]?)(\d\d):(\d\d)$/.exec(zone);
    if (offset) return split(ms + (offset[1] === '-' ? -1 : 1) * (Number(offset[2]) * 60 + Number(offset[3])) * 60_000);
    try {
      return split(zones.wallClockMs(ms, zone));
    } catch {
      throw new CelError(`unknown time zone ${zone}`);
    }
  };

/** Days from 1970-01-01 to a date of the Gregorian calendar; years are counted from March, so that the leap day is the last. */
function dayNumber(year: number, month: number, day: number): number {
  const from = month <= 2 ? year - 1 : year;
  const era = Math.floor(from / 400);
  const yearOfEra = from - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468;
}

interface CalendarDate {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  /** From 1. */
  readonly day: number;
}

function dateOf({ day }: Local): CalendarDate {
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor((dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1 };
}

const whole = (name: string, unit: bigint): Declaration => method(name, [[DURATION], INT], ({ nanos }: CelDuration) => nanos / unit);

/** The parts. Months, days of the month (`getDayOfMonth`), of the week and of the year count from 0; `getDate` counts from 1. */
export function times(zones: TimeZones): Library {
  const local = localIn(zones);
  const part = (name: string, of: (at: Local) => number): Declaration[] => [
    method(name, [[TIMESTAMP], INT], (at: CelTimestamp) => BigInt(of(local(at, 'UTC')))),
    method(name, [[TIMESTAMP, STRING], INT], (at: CelTimestamp, zone: string) => BigInt(of(local(at, zone)))),
  ];
  return [
    ...part('getFullYear', (at) => dateOf(at).year),
    ...part('getMonth', (at) => dateOf(at).month - 1),
    ...part('getDayOfYear', (at) => at.day - dayNumber(dateOf(at).year, 1, 1)),
    ...part('getDayOfMonth', (at) => dateOf(at).day - 1),
    ...part('getDate', (at) => dateOf(at).day),
    // The epoch was a Thursday.
    ...part('getDayOfWeek', ({ day }) => (((day + 4) % 7) + 7) % 7),
    ...part('getHours', ({ ms }) => Math.floor(ms / 3_600_000)),
    ...part('getMinutes', ({ ms }) => Math.floor(ms / 60_000) % 60),
    ...part('getSeconds', ({ ms }) => Math.floor(ms / 1000) % 60),
    ...part('getMilliseconds', ({ ms }) => ms % 1000),
    whole('getHours', 3_600_000_000_000n),
    whole('getMinutes', 60_000_000_000n),
    whole('getSeconds', 1_000_000_000n),
    method('getMilliseconds', [[DURATION], INT], ({ nanos }: CelDuration) => nanos / NANOS_PER_MS),
  ];
}
