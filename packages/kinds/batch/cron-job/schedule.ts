/**
 * Cron schedules: five fields, names, ranges, steps, and descriptors such as `@daily` and `@every 1h`.
 *
 * Source: github.com/robfig/cron v3 `ParseStandard`, whose error texts these are.
 */
import { parseDuration } from '#machinery/duration.ts';

/** A schedule: which values of each field match, or a fixed interval. */
export type CronSchedule = CronFields | CronInterval;

/** Sets of matching values. */
export interface CronFields {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly daysOfMonth: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly daysOfWeek: ReadonlySet<number>;
  /** Whether the day fields were given as `*`: when neither is, a day matches if either does. */
  readonly anyDayOfMonth: boolean;
  readonly anyDayOfWeek: boolean;
  /** The time zone that the text itself names. */
  readonly timeZone?: string;
}

/** Every so often, since the last run. */
export interface CronInterval {
  readonly everyMs: number;
}

interface Bounds {
  readonly low: number;
  readonly high: number;
  readonly names?: Readonly<Record<string, number>>;
}

const byName = (names: string, first: number): Record<string, number> =>
  Object.fromEntries(names.split(' ').map((name, index) => [name, index + first]));

const MINUTES: Bounds = { low: 0, high: 59 };
const HOURS: Bounds = { low: 0, high: 23 };
const DAYS_OF_MONTH: Bounds = { low: 1, high: 31 };
const MONTHS: Bounds = { low: 1, high: 12, names: byName('jan feb mar apr may jun jul aug sep oct nov dec', 1) };
const DAYS_OF_WEEK: Bounds = { low: 0, high: 6, names: byName('sun mon tue wed thu fri sat', 0) };

const DESCRIPTORS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

const FIELD_COUNT = 5;

/**
 * Parses a schedule.
 * @throws Error with robfig/cron's words.
 */
export function parseCronSchedule(text: string): CronSchedule {
  if (!text) throw new Error('empty spec string');
  const zoned = /^(?:TZ|CRON_TZ)=(\S*)\s*(.*)$/.exec(text);
  const timeZone = zoned?.[1];
  const rest = zoned ? zoned[2]! : text;
  if (timeZone !== undefined && !isTimeZone(timeZone)) throw new Error(`provided bad location ${timeZone}: unknown time zone ${timeZone}`);
  if (rest.startsWith('@every ')) return { everyMs: intervalMs(rest) };
  if (rest.startsWith('@') && DESCRIPTORS[rest] === undefined) throw new Error(`unrecognized descriptor: ${rest}`);
  const fields = (DESCRIPTORS[rest] ?? rest).split(/\s+/).filter(Boolean);
  if (fields.length !== FIELD_COUNT) throw new Error(`expected exactly ${FIELD_COUNT} fields, found ${fields.length}: [${fields.join(' ')}]`);
  const [minutes, hours, daysOfMonth, months, daysOfWeek] = fields as [string, string, string, string, string];
  return {
    minutes: fieldSet(minutes, MINUTES),
    hours: fieldSet(hours, HOURS),
    daysOfMonth: fieldSet(daysOfMonth, DAYS_OF_MONTH),
    months: fieldSet(months, MONTHS),
    daysOfWeek: fieldSet(daysOfWeek, DAYS_OF_WEEK),
    anyDayOfMonth: isAny(daysOfMonth),
    anyDayOfWeek: isAny(daysOfWeek),
    ...(timeZone === undefined ? {} : { timeZone }),
  };
}

/** Whether the runtime knows the time zone. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

function intervalMs(text: string): number {
  const duration = text.slice('@every '.length);
  try {
    return Number(parseDuration(duration) / 1_000_000n);
  } catch (problem) {
    throw new Error(`failed to parse duration ${text}: ${problem instanceof Error ? problem.message : String(problem)}`, { cause: problem });
  }
}

const isAny = (field: string): boolean => field.split(',').some((part) => /^[*?](\/1)?$/.test(part));

function fieldSet(field: string, bounds: Bounds): ReadonlySet<number> {
  const values = new Set<number>();
  for (const part of field.split(',')) for (const value of rangeOf(part, bounds)) values.add(value);
  return values;
}

function rangeOf(expression: string, bounds: Bounds): number[] {
  const [range = '', stepText, ...moreSteps] = expression.split('/');
  const [lowText = '', highText, ...moreBounds] = range.split('-');
  const single = highText === undefined;
  let low = bounds.low;
  let high = bounds.high;
  if (lowText !== '*' && lowText !== '?') {
    low = numberOf(lowText, bounds);
    if (moreBounds.length) throw new Error(`too many hyphens: ${expression}`);
    high = single ? low : numberOf(highText, bounds);
  }
  if (moreSteps.length) throw new Error(`too many slashes: ${expression}`);
  const step = stepText === undefined ? 1 : plainNumber(stepText);
  if (stepText !== undefined && single && lowText !== '*' && lowText !== '?') high = bounds.high;
  if (low < bounds.low) throw new Error(`beginning of range (${low}) below minimum (${bounds.low}): ${expression}`);
  if (high > bounds.high) throw new Error(`end of range (${high}) above maximum (${bounds.high}): ${expression}`);
  if (low > high) throw new Error(`beginning of range (${low}) beyond end of range (${high}): ${expression}`);
  if (step === 0) throw new Error(`step of range should be a positive number: ${expression}`);
  const values: number[] = [];
  for (let value = low; value <= high; value += step) values.push(value);
  return values;
}

function numberOf(text: string, { names }: Bounds): number {
  return names?.[text.toLowerCase()] ?? plainNumber(text);
}

function plainNumber(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new Error(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  const value = Number(text);
  if (value < 0) throw new Error(`negative number (${value}) not allowed: ${text}`);
  return value;
}
