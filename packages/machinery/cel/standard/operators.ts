/**
 * Arithmetic, comparison and access.
 *
 * Source: the language definition of CEL ("List of Standard Definitions"); costs as cel-go counts them.
 */
import { compare, equal, sizeOf } from '../compare.ts';
import { type Declaration, fn, type Library, method } from '../functions.ts';
import { BOOL, BYTES, type CelType, DOUBLE, DURATION, INT, listOf, mapOf, optionalOf, param, STRING, TIMESTAMP, UINT } from '../types.ts';
import { CelDuration, CelError, type CelList, type CelMap, CelOptional, CelTimestamp, CelUint, JoinedList, NONE, type Value, valueText, weightOf } from '../values.ts';

const A = param('A');
const B = param('B');

/** A tenth per character, byte or element that is looked at. */
export const TRAVERSAL = 0.1;

const MIN_INT = -(2n ** 63n);
const MAX_INT = 2n ** 63n - 1n;
const MAX_UINT = 2n ** 64n - 1n;
/** 0001-01-01T00:00:00Z and the last nanosecond of the year 9999. */
const MIN_TIME = -62_135_596_800_000_000_000n;
const MAX_TIME = 253_402_300_799_999_999_999n;

/** The int, if 64 bits hold it. @throws CelError */
export function int(value: bigint): bigint {
  if (value < MIN_INT || value > MAX_INT) throw new CelError('integer overflow');
  return value;
}

/** The uint, if 64 bits hold it. @throws CelError */
export function uint(value: bigint): CelUint {
  if (value < 0n || value > MAX_UINT) throw new CelError('unsigned integer overflow');
  return new CelUint(value);
}

/** The duration, if it is in range. @throws CelError */
export function duration(nanos: bigint): CelDuration {
  if (nanos < MIN_INT || nanos > MAX_INT) throw new CelError('duration overflow');
  return new CelDuration(nanos);
}

/** The timestamp, if it is in range. @throws CelError */
export function timestamp(nanos: bigint): CelTimestamp {
  if (nanos < MIN_TIME || nanos > MAX_TIME) throw new CelError('timestamp overflow');
  return new CelTimestamp(nanos);
}

function divisor(value: bigint, what: 'division' | 'modulus'): bigint {
  if (value === 0n) throw new CelError(`${what} by zero`);
  return value;
}

const same = (type: CelType): readonly [readonly CelType[], CelType] => [[type, type], type];

const bothSizes = ([a, b]: readonly Value[]): number => Math.ceil((sizeOf(a!) + sizeOf(b!)) * TRAVERSAL);
const lesserSize = ([a, b]: readonly Value[]): number => {
  if (typeof a === 'string' && typeof b === 'string') return Math.ceil(Math.min(a.length, b.length) * TRAVERSAL);
  return typeof a === 'object' && typeof b === 'object' ? Math.ceil(Math.min(weightOf(a), weightOf(b)) * TRAVERSAL) : 1;
};

const ints: Library = [
  fn('_+_', same(INT), (a: bigint, b: bigint) => int(a + b)),
  fn('_-_', same(INT), (a: bigint, b: bigint) => int(a - b)),
  fn('_*_', same(INT), (a: bigint, b: bigint) => int(a * b)),
  fn('_/_', same(INT), (a: bigint, b: bigint) => int(a / divisor(b, 'division'))),
  fn('_%_', same(INT), (a: bigint, b: bigint) => a % divisor(b, 'modulus')),
  fn('-_', [[INT], INT], (a: bigint) => int(-a)),
];

const uints: Library = [
  fn('_+_', same(UINT), (a: CelUint, b: CelUint) => uint(a.value + b.value)),
  fn('_-_', same(UINT), (a: CelUint, b: CelUint) => uint(a.value - b.value)),
  fn('_*_', same(UINT), (a: CelUint, b: CelUint) => uint(a.value * b.value)),
  fn('_/_', same(UINT), (a: CelUint, b: CelUint) => uint(a.value / divisor(b.value, 'division'))),
  fn('_%_', same(UINT), (a: CelUint, b: CelUint) => uint(a.value % divisor(b.value, 'modulus'))),
];

const doubles: Library = [
  fn('_+_', same(DOUBLE), (a: number, b: number) => a + b),
  fn('_-_', same(DOUBLE), (a: number, b: number) => a - b),
  fn('_*_', same(DOUBLE), (a: number, b: number) => a * b),
  fn('_/_', same(DOUBLE), (a: number, b: number) => a / b),
  fn('-_', [[DOUBLE], DOUBLE], (a: number) => -a),
];

const times: Library = [
  fn('_+_', same(DURATION), (a: CelDuration, b: CelDuration) => duration(a.nanos + b.nanos)),
  fn('_-_', same(DURATION), (a: CelDuration, b: CelDuration) => duration(a.nanos - b.nanos)),
  fn('_+_', [[TIMESTAMP, DURATION], TIMESTAMP], (a: CelTimestamp, b: CelDuration) => timestamp(a.nanos + b.nanos)),
  fn('_+_', [[DURATION, TIMESTAMP], TIMESTAMP], (a: CelDuration, b: CelTimestamp) => timestamp(a.nanos + b.nanos)),
  fn('_-_', [[TIMESTAMP, DURATION], TIMESTAMP], (a: CelTimestamp, b: CelDuration) => timestamp(a.nanos - b.nanos)),
  fn('_-_', [[TIMESTAMP, TIMESTAMP], DURATION], (a: CelTimestamp, b: CelTimestamp) => duration(a.nanos - b.nanos)),
  fn('-_', [[DURATION], DURATION], (a: CelDuration) => duration(-a.nanos)),
];

function joinBytes(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

const joins: Library = [
  fn('_+_', same(STRING), (a: string, b: string) => a + b, bothSizes),
  fn('_+_', same(BYTES), joinBytes, bothSizes),
  fn('_+_', same(listOf(A)), (a: CelList, b: CelList) => new JoinedList(a, b)),
];

const ORDERED: readonly (readonly [CelType, CelType])[] = [
  ...[BOOL, INT, UINT, DOUBLE, STRING, BYTES, TIMESTAMP, DURATION].map((type): [CelType, CelType] => [type, type]),
  [INT, UINT],
  [INT, DOUBLE],
  [UINT, INT],
  [UINT, DOUBLE],
  [DOUBLE, INT],
  [DOUBLE, UINT],
];

function ordering(name: string, holds: (order: number) => boolean): Declaration[] {
  const test = (a: Value, b: Value): boolean => {
    const order = compare(a, b);
    if (order !== undefined) return holds(order);
    if (Number.isNaN(a) || Number.isNaN(b)) return false;
    throw new CelError('no such overload');
  };
  return ORDERED.map(([left, right]) => fn(name, [[left, right], BOOL], test, lesserSize));
}

const comparisons: Library = [
  fn('_==_', [[A, A], BOOL], (a: Value, b: Value) => equal(a, b), lesserSize),
  fn('_!=_', [[A, A], BOOL], (a: Value, b: Value) => !equal(a, b), lesserSize),
  ...ordering('_<_', (order) => order < 0),
  ...ordering('_<=_', (order) => order <= 0),
  ...ordering('_>_', (order) => order > 0),
  ...ordering('_>=_', (order) => order >= 0),
  fn('!_', [[BOOL], BOOL], (a: boolean) => !a),
  fn('@not_strictly_false', [[BOOL], BOOL], (a: boolean) => a),
];

/** The index of a list, whatever type the number has. @throws CelError when it is none. */
function listIndex(list: CelList, at: Value): number {
  const index = at instanceof CelUint ? at.value : at;
  if (typeof index !== 'bigint' && typeof index !== 'number') throw new CelError(`unsupported index type '${valueText(at)}' in list`);
  const position = Number(index);
  if (!Number.isInteger(position)) throw new CelError(`unsupported index value ${position} in list`);
  if (position < 0 || position >= list.size) throw new CelError(`index out of bounds: ${position}`);
  return position;
}

/** The entry of a map. @throws CelError when there is none. */
function entryOf(map: CelMap, key: Value): Value {
  const found = map.get(key);
  if (found === undefined) throw new CelError(`no such key: ${valueText(key)}`);
  return found;
}

function optionalElement(list: CelList, at: Value): CelOptional {
  const index = at instanceof CelUint ? Number(at.value) : Number(at);
  return Number.isInteger(index) && index >= 0 && index < list.size ? new CelOptional(list.get(index)) : NONE;
}

function optionalEntry(map: CelMap, key: Value): CelOptional {
  const found = map.get(key);
  return found === undefined ? NONE : new CelOptional(found);
}

function contains(list: CelList, value: Value): boolean {
  for (const one of list) if (equal(one, value)) return true;
  return false;
}

const access: Library = [
  fn('@in', [[A, listOf(A)], BOOL], (value: Value, list: CelList) => contains(list, value), ([, list]) => Math.max(1, sizeOf(list!), Math.ceil(weightOf(list!) * TRAVERSAL))),
  fn('@in', [[A, mapOf(A, B)], BOOL], (key: Value, map: CelMap) => map.has(key)),
  fn('_[_]', [[listOf(A), INT], A], (list: CelList, at: Value) => list.get(listIndex(list, at))),
  fn('_[_]', [[mapOf(A, B), A], B], entryOf),
  fn('_[_]', [[optionalOf(listOf(A)), INT], optionalOf(A)], (list: CelOptional, at: Value) => (list.value === undefined ? NONE : optionalElement(list.value as CelList, at))),
  fn('_[_]', [[optionalOf(mapOf(A, B)), A], optionalOf(B)], (map: CelOptional, key: Value) => (map.value === undefined ? NONE : optionalEntry(map.value as CelMap, key))),
  fn('_[?_]', [[listOf(A), INT], optionalOf(A)], optionalElement),
  fn('_[?_]', [[mapOf(A, B), A], optionalOf(B)], optionalEntry),
  fn('_[?_]', [[optionalOf(listOf(A)), INT], optionalOf(A)], (list: CelOptional, at: Value) => (list.value === undefined ? NONE : optionalElement(list.value as CelList, at))),
  fn('_[?_]', [[optionalOf(mapOf(A, B)), A], optionalOf(B)], (map: CelOptional, key: Value) => (map.value === undefined ? NONE : optionalEntry(map.value as CelMap, key))),
];

const sizes: Library = [STRING, BYTES, listOf(A), mapOf(A, B)].flatMap((type) => [
  fn('size', [[type], INT], (value: Value) => BigInt(sizeOf(value))),
  method('size', [[type], INT], (value: Value) => BigInt(sizeOf(value))),
]);

/** The operators. Logic (`&&`, `||`, `?:`) is the evaluator's own, because it does not evaluate all of its arguments. */
export const operators: Library = [...ints, ...uints, ...doubles, ...times, ...joins, ...comparisons, ...access, ...sizes];
