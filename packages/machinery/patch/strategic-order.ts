/**
 * The order of a merged list: what the patch names follows the patch's order, what only the server has stays where it was relative to it.
 *
 * Source: apimachinery `util/strategicpatch` normalizeElementOrder and mergeSortedSlice.
 */
import { isJsonObject, type JsonValue } from './json-value.ts';

/** What identifies an item: the merge key's value, or the scalar itself. */
export function identity(item: JsonValue, mergeKey: string): JsonValue | undefined {
  if (mergeKey === '') return item;
  return isJsonObject(item) && Object.hasOwn(item, mergeKey) ? item[mergeKey] : undefined;
}

/** Index of each identity; the first occurrence counts. */
function positions(order: readonly JsonValue[], mergeKey: string): Map<JsonValue | undefined, number> {
  const map = new Map<JsonValue | undefined, number>();
  order.forEach((item, i) => {
    const key = identity(item, mergeKey);
    if (!map.has(key)) map.set(key, i);
  });
  return map;
}

/** Sorts items stably by their place in `order`; items without one come last. */
function sortBy(items: readonly JsonValue[], place: (item: JsonValue) => number): JsonValue[] {
  return items
    .map((item) => ({ item, at: place(item) }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** Puts a merged list in order, given the order the patch asks for and the one the server had. */
export function orderItems(
  merged: readonly JsonValue[],
  patchOrder: readonly JsonValue[],
  serverOrder: readonly JsonValue[],
  mergeKey: string,
): JsonValue[] {
  const wanted = positions(patchOrder, mergeKey);
  const served = positions(serverOrder, mergeKey);
  const place =
    (map: typeof wanted) =>
    (item: JsonValue): number =>
      map.get(identity(item, mergeKey)) ?? Number.MAX_SAFE_INTEGER;
  const inPatch = (item: JsonValue): boolean => wanted.has(identity(item, mergeKey));
  const right = sortBy(merged.filter(inPatch), place(wanted));
  const left = sortBy(
    merged.filter((item) => !inPatch(item)),
    place(served),
  );
  const out: JsonValue[] = [];
  let i = 0;
  for (const item of right) {
    const limit = served.get(identity(item, mergeKey));
    while (i < left.length && limit !== undefined && (served.get(identity(left[i]!, mergeKey)) ?? Number.MAX_SAFE_INTEGER) < limit) {
      out.push(left[i]!);
      i += 1;
    }
    out.push(item);
  }
  out.push(...left.slice(i));
  return out;
}
