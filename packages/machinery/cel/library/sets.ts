/** Lists as sets. */
import { equal, sizeOf } from '../compare.ts';
import { type Declaration, fn, type Library } from '../functions.ts';
import { TRAVERSAL } from '../standard/operators.ts';
import { BOOL, listOf, param } from '../types.ts';
import { type CelList, type Value, weightOf } from '../values.ts';

const A = param('A');

function has(list: CelList, value: Value): boolean {
  for (const one of list) if (equal(one, value)) return true;
  return false;
}

function containsAll(list: CelList, others: CelList): boolean {
  for (const one of others) if (!has(list, one)) return false;
  return true;
}

function intersects(list: CelList, others: CelList): boolean {
  for (const one of others) if (has(list, one)) return true;
  return false;
}

/** Every element of one is compared with every one of the other. */
const product = ([a, b]: readonly Value[], factor: number): number =>
  1 + Math.max(sizeOf(a!) * sizeOf(b!), Math.ceil(Math.max(weightOf(a!) * sizeOf(b!), sizeOf(a!) * weightOf(b!)) * TRAVERSAL)) * factor;

function set(name: string, holds: (a: CelList, b: CelList) => boolean, factor: number): Declaration {
  return fn(`sets.${name}`, [[listOf(A), listOf(A)], BOOL], holds, (args: readonly Value[]) => product(args, factor));
}

/** `sets.contains`, `sets.equivalent`, `sets.intersects`. */
export const sets: Library = [
  set('contains', containsAll, 1),
  set('equivalent', (a, b) => containsAll(a, b) && containsAll(b, a), 2),
  set('intersects', intersects, 1),
];
