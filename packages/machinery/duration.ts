/**
 * Go duration text: `1h30m0s`, `250ms`, `-1.5s`. Nanoseconds are bigints because an hour count exceeds what a number holds exactly.
 *
 * Source: Go `time.ParseDuration` and `Duration.String`.
 */

const UNITS: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n],
  ['μs', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
]);

const MAX_NANOS = 2n ** 63n;

/**
 * Nanoseconds of a duration text.
 * @throws Error with Go's words: `time: invalid duration "x"`.
 */
export function parseDuration(text: string): bigint {
  const quoted = JSON.stringify(text);
  const invalid = (): Error => new Error(`time: invalid duration ${quoted}`);
  const negative = text.startsWith('-');
  let rest = negative || text.startsWith('+') ? text.slice(1) : text;
  if (rest === '0') return 0n;
  if (rest === '') throw invalid();
  let total = 0n;
  while (rest) {
    const number = /^(\d*)(?:\.(\d*))?/.exec(rest)!;
    const whole = number[1]!;
    const fraction = number[2] ?? '';
    if (whole === '' && fraction === '') throw invalid();
    rest = rest.slice(number[0].length);
    const unitText = /^[^.\d]*/.exec(rest)![0];
    if (unitText === '') throw new Error(`time: missing unit in duration ${quoted}`);
    const unit = UNITS.get(unitText);
    if (unit === undefined) throw new Error(`time: unknown unit ${JSON.stringify(unitText)} in duration ${quoted}`);
    rest = rest.slice(unitText.length);
    total += BigInt(whole || '0') * unit;
    if (fraction) total += (BigInt(fraction) * unit) / 10n ** BigInt(fraction.length);
    if (total > MAX_NANOS) throw invalid();
  }
  if (!negative && total === MAX_NANOS) throw invalid();
  return negative ? -total : total;
}

function withFraction(nanos: bigint, unit: bigint, name: string): string {
  const whole = nanos / unit;
  const rest = nanos % unit;
  if (rest === 0n) return `${whole}${name}`;
  const digits = String(unit).length - 1;
  return `${whole}.${String(rest).padStart(digits, '0').replace(/0+$/, '')}${name}`;
}

/** Canonical text of a number of nanoseconds: `1h0m0s`, `1.5s`, `0s`. */
export function formatDuration(nanos: bigint): string {
  if (nanos === 0n) return '0s';
  const sign = nanos < 0n ? '-' : '';
  const size = nanos < 0n ? -nanos : nanos;
  if (size < 1_000n) return `${sign}${size}ns`;
  if (size < 1_000_000n) return sign + withFraction(size, 1_000n, 'µs');
  if (size < 1_000_000_000n) return sign + withFraction(size, 1_000_000n, 'ms');
  const minutes = size / 60_000_000_000n;
  const seconds = withFraction(size % 60_000_000_000n, 1_000_000_000n, 's');
  if (minutes === 0n) return sign + seconds;
  if (minutes < 60n) return `${sign}${minutes}m${seconds}`;
  return `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

/**
 * Milliseconds of a duration text, fractions kept.
 * @throws Error with Go's words.
 */
export function durationToMs(text: string): number {
  return Number(parseDuration(text)) / 1_000_000;
}

/** Canonical text of a number of milliseconds. */
export function durationFromMs(ms: number): string {
  return formatDuration(BigInt(Math.round(ms * 1_000_000)));
}

/**
 * Canonical form of a duration text.
 * @throws Error with Go's words.
 */
export function canonicalDuration(text: string): string {
  return formatDuration(parseDuration(text));
}
