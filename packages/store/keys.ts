/**
 * Keys: well-formed strings ordered by their UTF-8 bytes, which is the order of their code points (not of JavaScript's code units).
 */

const FIRST_SURROGATE = 0xd800;
const LAST_SURROGATE = 0xdfff;
const LAST_CODE_POINT = 0x10ffff;

/** Moves surrogates above the rest of the basic plane, where the code points that they stand for belong. */
function rankOfUnit(unit: number): number {
  if (unit < FIRST_SURROGATE) return unit;
  return unit <= LAST_SURROGATE ? unit + 0x2000 : unit - 0x800;
}

/** Orders keys by their UTF-8 bytes without encoding them. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rankOfUnit(x) - rankOfUnit(y);
  }
  return a.length - b.length;
}

/** The first key after all keys that start with `prefix`; `undefined` when there is no such key. */
export function prefixEnd(prefix: string): string | undefined {
  // All keys of ours end so; the rest of the plane needs care.
  const last = prefix.charCodeAt(prefix.length - 1);
  if (last < FIRST_SURROGATE - 1) return prefix.slice(0, -1) + String.fromCharCode(last + 1);
  const points = Array.from(prefix, (character) => character.codePointAt(0)!);
  while (points.length > 0) {
    const last = points.pop()!;
    if (last === LAST_CODE_POINT) continue;
    const next = last + 1 === FIRST_SURROGATE ? LAST_SURROGATE + 1 : last + 1;
    return String.fromCodePoint(...points, next);
  }
  return undefined;
}

/** The later of a range's prefix and its starting key: where the range begins. */
export function rangeStart(prefix: string, from: string | undefined): string {
  return from !== undefined && compareKeys(from, prefix) > 0 ? from : prefix;
}
