/** Optional values. */
import { sizeOf } from '../compare.ts';
import { fn, type Library, method } from '../functions.ts';
import { BOOL, listOf, mapOf, optionalOf, param } from '../types.ts';
import { CelDuration, CelError, CelList, CelMap, CelObject, CelOptional, CelUint, NONE, type Value, ValueList, type ValueMap } from '../values.ts';

const A = param('A');
const B = param('B');
const OPTIONAL = optionalOf(A);

function isZero(value: Value): boolean {
  if (value === null || value === false || value === '' || value === 0n || value === 0) return true;
  if (value instanceof CelList || value instanceof CelMap || value instanceof Uint8Array) return sizeOf(value) === 0;
  if (value instanceof CelUint) return value.value === 0n;
  if (value instanceof CelDuration) return value.nanos === 0n;
  if (value instanceof CelOptional) return value.value === undefined;
  return value instanceof CelObject && Object.keys(value.raw).length === 0;
}

function valueOf({ value }: CelOptional): Value {
  if (value === undefined) throw new CelError('optional.none() dereference');
  return value;
}

function unwrap(list: CelList): Value {
  const values = [...list].map((one) => (one instanceof CelOptional ? one.value : one));
  return new ValueList(values.filter((one) => one !== undefined));
}

/** `optional.of`, `optional.none`, `value`, `orValue`, …; and the hidden function that collects entries of maps. */
export const optionals: Library = [
  fn('optional.of', [[A], OPTIONAL], (value: Value) => new CelOptional(value)),
  fn('optional.ofNonZeroValue', [[A], OPTIONAL], (value: Value) => (isZero(value) ? NONE : new CelOptional(value))),
  fn('optional.none', [[], OPTIONAL], () => NONE),
  fn('optional.unwrap', [[listOf(OPTIONAL)], listOf(A)], unwrap),
  method('unwrapOpt', [[listOf(OPTIONAL)], listOf(A)], unwrap),
  method('value', [[OPTIONAL], A], valueOf),
  method('hasValue', [[OPTIONAL], BOOL], ({ value }: CelOptional) => value !== undefined),
  method('or', [[OPTIONAL, OPTIONAL], OPTIONAL], (one: CelOptional, other: CelOptional) => (one.value === undefined ? other : one)),
  method('orValue', [[OPTIONAL, A], A], (one: CelOptional, other: Value) => one.value ?? (one.value === null ? null : other)),
  fn('cel.@mapInsert', [[mapOf(A, B), A, B], mapOf(A, B)], (map: ValueMap, key: Value, value: Value) => map.add(key, value)),
  fn('cel.@mapInsert', [[mapOf(A, B), mapOf(A, B)], mapOf(A, B)], (map: ValueMap) => map),
];
