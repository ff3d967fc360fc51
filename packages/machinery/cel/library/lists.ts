/** Kubernetes' functions of lists. */
import { compare, equal, sizeOf } from '../compare.ts';
import { type Declaration, type Library, method } from '../functions.ts';
import { duration, int, TRAVERSAL, uint } from '../standard/operators.ts';
import { BOOL, BYTES, type CelType, DOUBLE, DURATION, INT, listOf, param, STRING, TIMESTAMP, UINT } from '../types.ts';
import { CelDuration, CelError, type CelList, CelUint, type Value, weightOf } from '../values.ts';

const A = param('A');
const ORDERED = [INT, UINT, DOUBLE, BOOL, DURATION, TIMESTAMP, STRING, BYTES];

const traversal = ([list]: readonly Value[]): number => Math.max(sizeOf(list!), Math.ceil(weightOf(list!) * TRAVERSAL));

function inOrder(a: Value, b: Value): number {
  const order = compare(a, b);
  if (order === undefined && !(Number.isNaN(a) || Number.isNaN(b))) throw new CelError('no such overload');
  return order ?? 0;
}

function isSorted(list: CelList): boolean {
  for (let i = 1; i < list.size; i += 1) if (inOrder(list.get(i - 1), list.get(i)) > 0) return false;
  return true;
}

const best = (name: string, sign: number) => (list: CelList): Value => {
  if (list.size === 0) throw new CelError(`${name} called on empty list`);
  let found = list.get(0);
  for (let i = 1; i < list.size; i += 1) if (inOrder(list.get(i), found) * sign > 0) found = list.get(i);
  return found;
};

function add(a: Value, b: Value): Value {
  if (typeof a === 'bigint' && typeof b === 'bigint') return int(a + b);
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (a instanceof CelUint && b instanceof CelUint) return uint(a.value + b.value);
  if (a instanceof CelDuration && b instanceof CelDuration) return duration(a.nanos + b.nanos);
  throw new CelError('no such overload');
}

function summed(type: CelType, zero: Value): Declaration {
  return method('sum', [[listOf(type)], type], (list: CelList) => [...list].reduce<Value | undefined>((sum, one) => (sum === undefined ? one : add(sum, one)), undefined) ?? zero, traversal);
}

function firstIndex(list: CelList, value: Value): bigint {
  for (let i = 0; i < list.size; i += 1) if (equal(list.get(i), value)) return BigInt(i);
  return -1n;
}

function lastIndex(list: CelList, value: Value): bigint {
  for (let i = list.size - 1; i >= 0; i -= 1) if (equal(list.get(i), value)) return BigInt(i);
  return -1n;
}

/** `isSorted`, `min`, `max`, `sum`, `indexOf`, `lastIndexOf`. */
export const lists: Library = [
  ...ORDERED.flatMap((type) => [
    method('isSorted', [[listOf(type)], BOOL], isSorted, traversal),
    method('min', [[listOf(type)], type], best('min', -1), traversal),
    method('max', [[listOf(type)], type], best('max', 1), traversal),
  ]),
  summed(INT, 0n),
  summed(UINT, new CelUint(0n)),
  summed(DOUBLE, 0),
  summed(DURATION, new CelDuration(0n)),
  method('indexOf', [[listOf(A), A], INT], firstIndex, traversal),
  method('lastIndexOf', [[listOf(A), A], INT], lastIndex, traversal),
];
