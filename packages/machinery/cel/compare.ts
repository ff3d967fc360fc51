/**
 * Equality, order and size of values.
 *
 * Source: the language definition of CEL ("Equality", "Ordering"): numbers of all types compare by amount, values of other different types differ.
 */
import { points } from './lexer.ts';
import { CelDuration, CelList, CelMap, CelObject, CelOpaque, CelOptional, CelTimestamp, CelTypeValue, CelUint, type Value } from './values.ts';

const isNumber = (value: Value): value is bigint | number | CelUint => typeof value === 'bigint' || typeof value === 'number' || value instanceof CelUint;
const amount = (value: bigint | number | CelUint): bigint | number => (value instanceof CelUint ? value.value : value);

/** Whether two values are equal. */
export function equal(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (typeof a === 'string' || typeof a === 'boolean' || a === null || b === null) return false;
  // eslint-disable-next-line eqeqeq -- a double and a bigint are compared by amount, exactly
  if (isNumber(a)) return isNumber(b) && amount(a) == amount(b);
  if (a instanceof CelList) return b instanceof CelList && equalLists(a, b);
  if (a instanceof CelMap) return b instanceof CelMap && equalMaps(a, b);
  if (a instanceof CelTimestamp) return b instanceof CelTimestamp && a.nanos === b.nanos;
  if (a instanceof CelDuration) return b instanceof CelDuration && a.nanos === b.nanos;
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (a instanceof CelTypeValue) return b instanceof CelTypeValue && a.name === b.name;
  if (a instanceof CelOpaque) return b instanceof CelOpaque && a.type.name === b.type.name && a.equals(b);
  if (a instanceof CelOptional) return b instanceof CelOptional && equalOptionals(a, b);
  return a instanceof CelObject && b instanceof CelObject && equalObjects(a, b);
}

function equalLists(a: CelList, b: CelList): boolean {
  if (a.size !== b.size) return false;
  for (let i = 0; i < a.size; i += 1) if (!equal(a.get(i), b.get(i))) return false;
  return true;
}

function equalMaps(a: CelMap, b: CelMap): boolean {
  if (a.size !== b.size) return false;
  for (const key of a.keys()) {
    const other = b.get(key);
    if (other === undefined || !equal(a.get(key)!, other)) return false;
  }
  return true;
}

function equalOptionals(a: CelOptional, b: CelOptional): boolean {
  if (a.value === undefined || b.value === undefined) return a.value === b.value;
  return equal(a.value, b.value);
}

function equalObjects(a: CelObject, b: CelObject): boolean {
  if (a.type.name !== b.type.name) return false;
  const names = new Set([...Object.keys(a.raw), ...Object.keys(b.raw)].map((json) => a.type.named?.(json) ?? json));
  for (const name of names) {
    const ours = a.get(name);
    const theirs = b.get(name);
    if (ours === undefined || theirs === undefined ? ours !== theirs : !equal(ours, theirs)) return false;
  }
  return true;
}

/** Negative, zero or positive as `a` is before, with or after `b`; undefined: they have no order (NaN, or other types). */
export function compare(a: Value, b: Value): number | undefined {
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if (isNumber(a) && isNumber(b)) return order(amount(a), amount(b));
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (a instanceof CelTimestamp && b instanceof CelTimestamp) return order(a.nanos, b.nanos);
  if (a instanceof CelDuration && b instanceof CelDuration) return order(a.nanos, b.nanos);
  return a instanceof Uint8Array && b instanceof Uint8Array ? Buffer.compare(a, b) : undefined;
}

function order(a: bigint | number, b: bigint | number): number | undefined {
  if (a < b) return -1;
  if (a > b) return 1;
  // eslint-disable-next-line eqeqeq -- a double and a bigint are compared by amount, exactly
  return a == b ? 0 : undefined;
}

const isSurrogate = (code: number): boolean => code >= 0xd800 && code < 0xe000;

/** By bytes of UTF-8, which is the order of code points. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const least = Math.min(a.length, b.length);
  for (let i = 0; i < least; i += 1) {
    const one = a.charCodeAt(i);
    const other = b.charCodeAt(i);
    if (one === other) continue;
    // Surrogates stand for code points beyond all others of 16 bits.
    const above = Number(isSurrogate(one)) - Number(isSurrogate(other));
    return above === 0 ? one - other : above;
  }
  return a.length - b.length;
}

/** Characters, bytes, elements or entries; 1 for what has no size. */
export function sizeOf(value: Value): number {
  if (typeof value === 'string') return points(value);
  if (value instanceof CelList || value instanceof CelMap) return value.size;
  return value instanceof Uint8Array ? value.length : 1;
}
