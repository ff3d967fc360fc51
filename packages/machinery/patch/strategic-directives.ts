/**
 * The `$…` members of strategic merge patches.
 *
 * Source: apimachinery `util/strategicpatch`, messages included.
 */
import { badRequest, StatusError } from '../status.ts';
import { goText, isJsonList, isJsonObject, type JsonObject, type JsonValue, type MutableObject, setMember } from './json-value.ts';
import { patchRejected } from './patch-errors.ts';
import { identity } from './strategic-order.ts';

export const DIRECTIVE = '$patch';
export const RETAIN_KEYS = '$retainKeys';
export const DELETE_FROM_LIST = '$deleteFromPrimitiveList';
export const SET_ORDER = '$setElementOrder';

export const badRetainKeys = (): StatusError => badRequest('invalid patch format of retainKeys');
export const badDeleteList = (): StatusError => badRequest('invalid patch format of primitive list');
export const badSetOrder = (): StatusError => badRequest('invalid patch format of setElementOrder list');
export const listOfLists = (): StatusError => patchRejected('lists of lists are not supported');
export const unknownPatchType = (type: JsonValue, map: JsonObject): StatusError =>
  patchRejected(`unknown patch type: ${goText(type)} in map: ${goText(map)}`);

/** The client's fault, but upstream has no reason for it: an error of the server with nothing but its words. */
export const unclassified = (message: string): StatusError => new StatusError({ code: 500, reason: '', message });
export const noMergeKey = (map: JsonObject, key: string): StatusError =>
  unclassified(`map: ${goText(map)} does not contain declared merge key: ${key}`);

/** The list a `$setElementOrder/x` or `$deleteFromPrimitiveList/x` member is about, or undefined when the name is malformed. */
export function directiveTarget(key: string, prefix: string): string | undefined {
  const slash = key.indexOf('/');
  return slash === prefix.length && slash < key.length - 1 ? key.slice(slash + 1) : undefined;
}

/** Drops the members of `original` that a `$retainKeys` list does not name. */
export function retainKeys(original: JsonObject, patch: JsonObject): JsonObject {
  const list = patch[RETAIN_KEYS];
  if (!isJsonList(list)) throw badRetainKeys();
  const keep = new Set<JsonValue>(list);
  for (const key of Object.keys(patch)) {
    if (key === RETAIN_KEYS || patch[key] === null || key.startsWith(DELETE_FROM_LIST) || key.startsWith(SET_ORDER)) continue;
    if (!keep.has(key)) throw badRetainKeys();
  }
  const out: MutableObject = {};
  for (const key of Object.keys(original)) if (keep.has(key)) setMember(out, key, original[key]!);
  return out;
}

/**
 * A patch value for a place that had none: nulls are dropped, and so are whole maps that carry `$patch`, whatever it says; undefined when that is
 * the value itself. Other directives stay as members that no type has.
 */
export function withoutDirectives(value: JsonValue): JsonValue | undefined {
  if (isJsonList(value)) {
    const out: JsonValue[] = [];
    for (const item of value) {
      const kept = withoutDirectives(item);
      if (kept !== undefined) out.push(kept);
    }
    return out;
  }
  if (!isJsonObject(value)) return value;
  if (Object.hasOwn(value, DIRECTIVE)) return undefined;
  const out: MutableObject = {};
  for (const key of Object.keys(value)) {
    if (value[key] === null) continue;
    const kept = withoutDirectives(value[key]!);
    if (kept !== undefined) setMember(out, key, kept);
  }
  return out;
}

/** Checks that the items of a patch list stand in its `$setElementOrder` list, in the same order. */
export function checkSetOrder(patchList: readonly JsonValue[], order: readonly JsonValue[], mergeKey: string): void {
  const items = patchList.filter((item) => !(isJsonObject(item) && Object.hasOwn(item, DIRECTIVE)));
  if (mergeKey !== '' && !order.every(isJsonObject)) throw badSetOrder();
  let at = 0;
  for (const item of items) {
    const key = identity(item, mergeKey);
    while (at < order.length && identity(order[at]!, mergeKey) !== key) at += 1;
    if (at === order.length) {
      throw unclassified(`The order in patch list:\n${goText(items)}\n doesn't match ${SET_ORDER} list:\n${goText(order)}\n`);
    }
    at += 1;
  }
}
