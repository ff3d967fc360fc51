/**
 * Whether two API values mean the same: absent members equal `undefined` ones, an absent list equals an empty list.
 *
 * Strategies raise `metadata.generation` and reject updates by this comparison.
 *
 * Source: apimachinery `equality.Semantic` (nil and empty slices are equal).
 */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a === undefined || a === null) return isEmptyList(b) || b === undefined || b === null;
  if (b === undefined || b === null) return isEmptyList(a);
  if (Array.isArray(a)) return Array.isArray(b) && sameList(a, b);
  if (typeof a !== 'object' || typeof b !== 'object' || Array.isArray(b)) return false;
  return sameMembers(a as Members, b as Members);
}

type Members = Readonly<Record<string, unknown>>;

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function sameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((one, index) => sameValue(one, b[index]));
}

function sameMembers(a: Members, b: Members): boolean {
  for (const name in a) if (!sameValue(a[name], b[name])) return false;
  for (const name in b) if (a[name] === undefined && !sameValue(undefined, b[name])) return false;
  return true;
}
