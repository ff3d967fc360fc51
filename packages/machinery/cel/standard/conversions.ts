/**
 * Conversions between types.
 *
 * Source: the language definition of CEL; texts of numbers as Go's strconv writes them.
 */
import { parseDuration } from '../../duration.ts';
import { formatTime, parseTime } from '../../time.ts';
import { sizeOf } from '../compare.ts';
import { type Declaration, fn, type Library } from '../functions.ts';
import { BOOL, BYTES, type CelType, DOUBLE, DURATION, DYN, INT, listOf, mapOf, NULL, optionalOf, param, STRING, TIMESTAMP, typeOf, typeText, UINT } from '../types.ts';
import { type CelDuration, CelError, type CelTimestamp, CelTypeValue, CelUint, typeOfValue, type Value } from '../values.ts';
import { duration, int, timestamp, TRAVERSAL, uint } from './operators.ts';

const A = param('A');
const SECOND = 1_000_000_000n;

const cannot = (from: string, to: string): CelError => new CelError(`type conversion error from '${from}' to '${to}'`);

function wholePart(value: number, of: (whole: bigint) => Value, overflow: string): Value {
  if (!Number.isFinite(value)) throw new CelError(overflow);
  return of(BigInt(Math.trunc(value)));
}

function doubleToInt(value: number): Value {
  // Both ends are refused, because a double that near may have been rounded.
  if (!(value > -(2 ** 63) && value < 2 ** 63)) throw new CelError('integer overflow');
  return wholePart(value, int, 'integer overflow');
}

function doubleToUint(value: number): Value {
  if (!(value >= 0 && value < 2 ** 64)) throw new CelError('unsigned integer overflow');
  return wholePart(value, uint, 'unsigned integer overflow');
}

function textToInt(text: string): bigint {
  if (!/^[+-]?\d{1,40}$/.test(text)) throw cannot('string', 'int');
  const value = BigInt(text.replace(/^\+/, ''));
  if (value < -(2n ** 63n) || value >= 2n ** 63n) throw cannot('string', 'int');
  return value;
}

function textToUint(text: string): CelUint {
  if (!/^\d{1,40}$/.test(text) || BigInt(text) >= 2n ** 64n) throw cannot('string', 'uint');
  return new CelUint(BigInt(text));
}

function textToDouble(text: string): number {
  if (/^[+-]?(?:inf|infinity)$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return NaN;
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) throw cannot('string', 'double');
  const value = Number(text);
  if (!Number.isFinite(value)) throw cannot('string', 'double');
  return value;
}

function textToBool(text: string): boolean {
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true;
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text)) return false;
  throw cannot('string', 'bool');
}

/** A double as Go writes it: with an exponent of at least two digits from a million on, or below 0.0001. */
export function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa, power] = value.toExponential().split('e') as [string, string];
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 6) return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  return plainDouble(value);
}

/** A double without exponent, as short as it is exact. */
export function plainDouble(value: number): string {
  const text = String(value);
  const found = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (!found) return text;
  const [, sign, first, rest = '', power] = found;
  const exponent = Number(power);
  const digits = first! + rest;
  return sign! + (exponent < 0 ? `0.${'0'.repeat(-exponent - 1)}${digits}` : digits.padEnd(exponent + 1, '0'));
}

/** `2026-01-02T03:04:05.5Z`. */
export function timestampText({ nanos }: CelTimestamp): string {
  const seconds = floorDivide(nanos, SECOND);
  const fraction = nanos - seconds * SECOND;
  const text = formatTime(Number(seconds) * 1000);
  return fraction === 0n ? text : `${text.slice(0, -1)}.${String(fraction).padStart(9, '0').replace(/0+$/, '')}Z`;
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}

/** `5400s`, `0.5s`. */
export function durationText({ nanos }: CelDuration): string {
  const size = nanos < 0n ? -nanos : nanos;
  const fraction = size % SECOND === 0n ? '' : `.${String(size % SECOND).padStart(9, '0').replace(/0+$/, '')}`;
  return `${nanos < 0n ? '-' : ''}${size / SECOND}${fraction}s`;
}

/** A point in time from its text. @throws CelError */
export function textToTimestamp(text: string): CelTimestamp {
  try {
    const { seconds, nanos } = parseTime(text);
    return timestamp(BigInt(seconds) * SECOND + BigInt(nanos));
  } catch (error) {
    if (error instanceof CelError) throw error;
    throw cannot('string', 'google.protobuf.Timestamp');
  }
}

/** A span from Go's text of it. @throws CelError */
export function textToDuration(text: string): CelDuration {
  try {
    return duration(parseDuration(text));
  } catch (error) {
    if (error instanceof CelError) throw error;
    throw cannot('string', 'google.protobuf.Duration');
  }
}

function bytesToText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CelError('invalid UTF-8 in bytes, cannot convert to string');
  }
}

const bySize = ([value]: readonly Value[]): number => Math.ceil(sizeOf(value!) * TRAVERSAL);

/** Conversions of one target type. */
function to(name: string, result: CelType, from: readonly (readonly [CelType, (value: never) => Value])[]): Declaration[] {
  return from.map(([type, run]) => fn(name, [[type], result], run as (value: Value) => Value, type === STRING || type === BYTES ? bySize : 1));
}

const itself = (value: never): Value => value;

/** The conversions. */
export const conversions: Library = [
  ...to('int', INT, [
    [INT, itself],
    [UINT, ({ value }: CelUint) => int(value)],
    [DOUBLE, doubleToInt],
    [STRING, textToInt],
    [TIMESTAMP, ({ nanos }: CelTimestamp) => floorDivide(nanos, SECOND)],
    [DURATION, ({ nanos }: CelDuration) => nanos],
  ]),
  ...to('uint', UINT, [
    [UINT, itself],
    [INT, (value: bigint) => uint(value)],
    [DOUBLE, doubleToUint],
    [STRING, textToUint],
  ]),
  ...to('double', DOUBLE, [
    [DOUBLE, itself],
    [INT, (value: bigint) => Number(value)],
    [UINT, ({ value }: CelUint) => Number(value)],
    [STRING, textToDouble],
  ]),
  ...to('string', STRING, [
    [STRING, itself],
    [BOOL, (value: boolean) => String(value)],
    [INT, (value: bigint) => String(value)],
    [UINT, ({ value }: CelUint) => String(value)],
    [DOUBLE, doubleText],
    [BYTES, bytesToText],
    [TIMESTAMP, timestampText],
    [DURATION, durationText],
  ]),
  ...to('bytes', BYTES, [
    [BYTES, itself],
    [STRING, (value: string) => new TextEncoder().encode(value)],
  ]),
  ...to('bool', BOOL, [
    [BOOL, itself],
    [STRING, textToBool],
  ]),
  ...to('timestamp', TIMESTAMP, [
    [TIMESTAMP, itself],
    [STRING, textToTimestamp],
    [INT, (seconds: bigint) => timestamp(seconds * SECOND)],
  ]),
  ...to('duration', DURATION, [
    [DURATION, itself],
    [STRING, textToDuration],
    [INT, (nanos: bigint) => duration(nanos)],
  ]),
  fn('dyn', [[A], DYN], (value: Value) => value),
  fn('type', [[A], typeOf(A)], (value: Value) => new CelTypeValue(typeOfValue(value))),
  fn('string', [[typeOf(A)], STRING], (value: CelTypeValue) => value.name),
];

/** What a duration's field of a schema is read with. */
export const readDuration = (raw: unknown): Value => (typeof raw === 'string' ? textToDuration(raw) : null);
/** What a time's field of a schema is read with. */
export const readTimestamp = (raw: unknown): Value => (typeof raw === 'string' ? textToTimestamp(raw) : null);

/** Types that are values by their name: `type(x) == int`. */
export const TYPE_NAMES: ReadonlyMap<string, CelType> = new Map<string, CelType>([
  ...[INT, UINT, DOUBLE, BOOL, STRING, BYTES].map((type): [string, CelType] => [typeText(type), type]),
  ['google.protobuf.Timestamp', TIMESTAMP],
  ['google.protobuf.Duration', DURATION],
  ['null_type', NULL],
  ['list', listOf(DYN)],
  ['map', mapOf(DYN, DYN)],
  ['type', typeOf(DYN)],
  ['optional_type', optionalOf(DYN)],
]);
