/**
 * Times and durations as Kubernetes writes them: RFC 3339 in UTC, with whole seconds (`Time`) or microseconds (`MicroTime`), and Go duration text.
 *
 * Source: apimachinery `meta/v1` Time, MicroTime, Duration; Go `time.Parse` and `time.ParseDuration`.
 */

/** Go's layout names, as parse errors quote them. */
const SECONDS_LAYOUT = '2006-01-02T15:04:05Z07:00';
const MICRO_LAYOUT = '2006-01-02T15:04:05.000000Z07:00';

/** A point in time: whole seconds since the epoch and nanoseconds within the second. */
export interface Instant {
  readonly seconds: number;
  readonly nanos: number;
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/** Whether `text` has the exact canonical shape `2026-01-02T03:04:05Z` (ranges not checked). */
function hasCanonicalShape(text: string): boolean {
  if (text.length !== 20) return false;
  for (let i = 0; i < 20; i += 1) {
    const code = text.charCodeAt(i);
    if (i === 4 || i === 7) {
      if (code !== 45) return false;
    } else if (i === 10) {
      if (code !== 84) return false;
    } else if (i === 13 || i === 16) {
      if (code !== 58) return false;
    } else if (i === 19) {
      if (code !== 90) return false;
    } else if (!isDigit(code)) return false;
  }
  return true;
}

const two = (text: string, i: number): number => (text.charCodeAt(i) - 48) * 10 + text.charCodeAt(i + 1) - 48;

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** The first component out of range, in Go's words, or undefined. */
function rangeProblem(text: string): string | undefined {
  const month = two(text, 5);
  if (month < 1 || month > 12) return 'month';
  const day = two(text, 8);
  if (day < 1 || day > daysIn(two(text, 0) * 100 + two(text, 2), month)) return 'day';
  if (two(text, 11) > 23) return 'hour';
  if (two(text, 14) > 59) return 'minute';
  if (two(text, 17) > 59) return 'second';
  return undefined;
}

/** The parts of a time text in order: a pattern for the rest of the text and what Go's error calls it. */
const PARTS: readonly (readonly [RegExp, string])[] = [
  [/^\d{4}/, '2006'],
  [/^-/, '-'],
  [/^\d\d/, '01'],
  [/^-/, '-'],
  [/^\d\d/, '02'],
  [/^T/, 'T'],
  [/^\d\d?/, '15'],
  [/^:/, ':'],
  [/^\d\d/, '04'],
  [/^:/, ':'],
  [/^\d\d/, '05'],
];

function parseFailure(text: string, layout: string, fraction: RegExp, fractionName: string): Error {
  const quoted = JSON.stringify(text);
  let rest = text;
  const cannot = (name: string): Error => new Error(`parsing time ${quoted} as "${layout}": cannot parse ${JSON.stringify(rest)} as "${name}"`);
  for (const [pattern, name] of PARTS) {
    const found = pattern.exec(rest);
    if (!found) return cannot(name);
    rest = rest.slice(found[0].length);
  }
  const fractionFound = fraction.exec(rest);
  if (!fractionFound) return cannot(fractionName);
  rest = rest.slice(fractionFound[0].length);
  const zone = /^(Z|[+-]\d\d:\d\d)/.exec(rest);
  if (!zone) return cannot('Z07:00');
  rest = rest.slice(zone[0].length);
  return new Error(`parsing time ${quoted}: extra text: ${JSON.stringify(rest)}`);
}

const FULL = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))$/;
const FULL_MICRO = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.(\d{6})(?:Z|([+-])(\d\d):(\d\d))$/;

function parseInstant(text: string, micro: boolean): Instant {
  const found = (micro ? FULL_MICRO : FULL).exec(text);
  if (!found) throw parseFailure(text, micro ? MICRO_LAYOUT : SECONDS_LAYOUT, micro ? /^\.\d{6}/ : /^([.,]\d+)?/, '.000000');
  const problem = rangeProblem(text);
  if (problem) throw new Error(`parsing time ${JSON.stringify(text)}: ${problem} out of range`);
  let ms = Date.UTC(2000, two(text, 5) - 1, two(text, 8), two(text, 11), two(text, 14), two(text, 17));
  const date = new Date(ms);
  date.setUTCFullYear(two(text, 0) * 100 + two(text, 2), two(text, 5) - 1, two(text, 8));
  ms = date.getTime();
  if (found[8]) {
    const offsetMinutes = Number(found[9]) * 60 + Number(found[10]);
    ms -= (found[8] === '+' ? 1 : -1) * offsetMinutes * 60_000;
  }
  return { seconds: ms / 1000, nanos: Number((found[7] ?? '').padEnd(9, '0').slice(0, 9)) };
}

/**
 * Parses RFC 3339 text.
 * @throws Error with Go's words.
 */
export function parseTime(text: string): Instant {
  return parseInstant(text, false);
}

/**
 * Milliseconds since the epoch of a `time` or `microTime` text.
 * @throws Error with Go's words.
 */
export function timeToMs(text: string): number {
  const { seconds, nanos } = parseInstant(text, false);
  return seconds * 1000 + Math.floor(nanos / 1_000_000);
}

/** `2026-01-02T03:04:05Z`; milliseconds are cut off. */
export function formatTime(ms: number): string {
  const text = new Date(Math.floor(ms / 1000) * 1000).toISOString();
  return `${text.slice(0, -5)}Z`;
}

/** `2026-01-02T03:04:05.678000Z`. */
export function formatMicroTime(ms: number): string {
  const whole = Math.floor(ms);
  const micros = Math.floor((ms - whole) * 1000);
  return `${new Date(whole).toISOString().slice(0, -1)}${String(micros).padStart(3, '0')}Z`;
}

/** The text of an instant: whole seconds, or six digits when `micro`. */
export function formatInstant(at: Instant, micro: boolean): string {
  const text = new Date(at.seconds * 1000).toISOString().slice(0, -5);
  return micro ? `${text}.${String(Math.floor(at.nanos / 1000)).padStart(6, '0')}Z` : `${text}Z`;
}

/**
 * Canonical `Time`: UTC, fraction cut off. Canonical text is returned as it is.
 * @throws Error with Go's words.
 */
export function canonicalTime(text: string): string {
  if (hasCanonicalShape(text) && rangeProblem(text) === undefined) return text;
  return formatInstant(parseInstant(text, false), false);
}

const CANONICAL_MICRO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

/**
 * Canonical `MicroTime`: UTC with six fraction digits, which the text must have as well.
 * @throws Error with Go's words.
 */
export function canonicalMicroTime(text: string): string {
  if (CANONICAL_MICRO.test(text) && rangeProblem(text) === undefined) return text;
  return formatInstant(parseInstant(text, true), true);
}

/**
 * An age as kubectl shows it: `5s`, `3m20s`, `4h`, `2d5h`, `1y30d`.
 *
 * Source: apimachinery `util/duration` HumanDuration.
 */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return pair(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return pair(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (hours < 192) return pair(days, 'd', hours % 24, 'h');
  if (days < 730) return `${days}d`;
  const years = Math.trunc(days / 365);
  return days < 2920 ? pair(years, 'y', days % 365, 'd') : `${years}y`;
}

function pair(big: number, bigUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit}${small}${smallUnit}`;
}

/** The age column of a table: time since `timestamp`, `<unknown>` when there is none. */
export function ageText(timestamp: string | null | undefined, nowMs: number): string {
  return timestamp ? humanDuration(nowMs - timeToMs(timestamp)) : '<unknown>';
}
