/**
 * Strategic merge patch: merges lists by the keys the type declares, with directives for deletion, replacement and order.
 *
 * Source: apimachinery `util/strategicpatch` as the API server applies it (parallel lists merged, unmatched nulls ignored).
 */
import type { AnySchema, Message } from '../schema.ts';
import { badRequest, type StatusError } from '../status.ts';
import { copyObject, goText, isJsonList, isJsonObject, type JsonObject, type JsonValue, type MutableObject, setMember } from './json-value.ts';
import {
  checkSetOrder,
  badDeleteList,
  badSetOrder,
  DELETE_FROM_LIST,
  DIRECTIVE,
  directiveTarget,
  listOfLists,
  noMergeKey,
  RETAIN_KEYS,
  retainKeys,
  SET_ORDER,
  unclassified,
  unknownPatchType,
  withoutDirectives,
} from './strategic-directives.ts';
import { identity, orderItems } from './strategic-order.ts';
import { type PatchMeta, patchMeta, schemaName } from './strategic-schema.ts';

function mergeMap(original: JsonObject, patch: JsonObject, schema: AnySchema | undefined): JsonObject {
  if (Object.hasOwn(patch, DIRECTIVE)) return replaceOrDelete(patch);
  const base = Object.hasOwn(patch, RETAIN_KEYS) ? retainKeys(original, patch) : original;
  const out = copyObject(base);
  const done = new Set<string>([RETAIN_KEYS]);
  for (const key of Object.keys(patch)) {
    if (!key.startsWith(SET_ORDER)) continue;
    done.add(key);
    const target = directiveTarget(key, SET_ORDER);
    if (target === undefined) throw badSetOrder();
    done.add(target);
    const merged = mergeOrdered(out, patch, target, { order: patch[key]!, schema });
    if (merged !== undefined) setMember(out, target, merged);
  }
  for (const key of Object.keys(patch)) if (!done.has(key)) mergeMember(out, key, patch[key]!, schema);
  return out;
}

function replaceOrDelete(patch: JsonObject): JsonObject {
  const directive = patch[DIRECTIVE]!;
  if (directive === 'delete') return {};
  if (directive !== 'replace') throw unknownPatchType(directive, patch);
  const out = copyObject(patch);
  delete out[DIRECTIVE];
  return out;
}

function mergeOrdered(
  original: JsonObject,
  patch: JsonObject,
  key: string,
  by: { readonly order: JsonValue; readonly schema: AnySchema | undefined },
): JsonValue[] | undefined {
  const { order } = by;
  const served = Object.hasOwn(original, key) ? original[key]! : undefined;
  const patched = Object.hasOwn(patch, key) ? patch[key]! : undefined;
  if (!isJsonList(order) || (served !== undefined && !isJsonList(served)) || (patched !== undefined && patched !== null && !isJsonList(patched)))
    throw badSetOrder();
  const meta = patchMeta(by.schema, key);
  const patchList = patched ?? undefined;
  if (patchList) checkSetOrder(patchList, order, meta.mergeKey);
  if (!served && !patchList) return undefined;
  const merged = !patchList ? served! : !served ? (withoutDirectives(patchList) as JsonValue[]) : mergeList(served, patchList, meta, false);
  return orderItems(merged, order, served ?? [], meta.mergeKey);
}

function mergeMember(out: MutableObject, patchKey: string, value: JsonValue, schema: AnySchema | undefined): void {
  const isDeletion = patchKey.startsWith(DELETE_FROM_LIST);
  const key = isDeletion ? directiveTarget(patchKey, DELETE_FROM_LIST) : patchKey;
  if (key === undefined) throw badDeleteList();
  if (value === null) {
    delete out[key];
    return;
  }
  const original = Object.hasOwn(out, key) ? out[key]! : undefined;
  if (isDeletion && !isJsonList(value)) throw badDeleteList();
  if (isJsonObject(original) && isJsonObject(value)) {
    const meta = patchMeta(schema, key);
    setMember(out, key, meta.strategy === 'replace' ? value : mergeMap(original, value, meta.schema));
  } else if (isJsonList(original) && isJsonList(value)) {
    setMember(out, key, mergeList(original, value, patchMeta(schema, key), isDeletion));
  } else if (!isDeletion) {
    const kept = withoutDirectives(value);
    if (kept !== undefined) setMember(out, key, kept);
  }
}

function mergeList(original: readonly JsonValue[], patch: readonly JsonValue[], meta: PatchMeta, isDeletion: boolean): JsonValue[] {
  if (meta.strategy !== 'merge' && !isDeletion) return patch.slice();
  if (original.length === 0 && patch.length === 0) return [];
  const all = [...original, ...patch];
  if (all.some(isJsonList)) throw listOfLists();
  if (!all.some(isJsonObject)) return mergeScalars(original, patch, isDeletion);
  if (!all.every(isJsonObject)) throw differentTypes(original, patch);
  if (meta.mergeKey === '') throw unclassified(`cannot merge lists without merge key for ${schemaName(meta.schema)}`);
  return mergeStructs(original as readonly JsonObject[], patch as readonly JsonObject[], meta);
}

function mergeScalars(original: readonly JsonValue[], patch: readonly JsonValue[], isDeletion: boolean): JsonValue[] {
  if (isDeletion) return original.filter((item) => !patch.includes(item));
  if (new Set([...original, ...patch].map((item) => typeof item)).size > 1) throw differentTypes(original, patch);
  return orderItems([...new Set([...original, ...patch])], patch, original, '');
}

function differentTypes(original: readonly JsonValue[], patch: readonly JsonValue[]): StatusError {
  return unclassified(`list element types are not identical: ${goText([original, patch])}`);
}

interface Split {
  readonly original: readonly JsonObject[];
  readonly patch: readonly JsonObject[];
}

/** Carries out the `$patch` items of a list and takes them out. */
function splitSpecial(original: readonly JsonObject[], patch: readonly JsonObject[], mergeKey: string): Split {
  const plain: JsonObject[] = [];
  const deleted = new Set<JsonValue>();
  let replace = false;
  for (const item of patch) {
    if (!Object.hasOwn(item, DIRECTIVE)) {
      plain.push(item);
      continue;
    }
    const directive = item[DIRECTIVE]!;
    if (directive === 'replace') replace = true;
    else if (directive === 'merge') throw unclassified('merging lists cannot yet be specified in the patch');
    else if (directive !== 'delete') throw unknownPatchType(directive, item);
    else if (!Object.hasOwn(item, mergeKey)) throw noMergeKey(item, mergeKey);
    else deleted.add(item[mergeKey]!);
  }
  if (replace) return { original: plain, patch: [] };
  return { original: deleted.size === 0 ? original : original.filter((item) => !deleted.has(identity(item, mergeKey) ?? null)), patch: plain };
}

function mergeStructs(original: readonly JsonObject[], patch: readonly JsonObject[], meta: PatchMeta): JsonValue[] {
  const { mergeKey } = meta;
  const split = splitSpecial(original, patch, mergeKey);
  const merged: JsonObject[] = split.original.slice();
  const at = new Map<JsonValue, number>();
  merged.forEach((item, i) => {
    const key = identity(item, mergeKey);
    if (key !== undefined && !at.has(key)) at.set(key, i);
  });
  for (const item of split.patch) {
    const key = identity(item, mergeKey);
    if (key === undefined) throw noMergeKey(item, mergeKey);
    const found = at.get(key);
    if (found !== undefined) merged[found] = mergeMap(merged[found]!, item, meta.schema);
    else {
      at.set(key, merged.length);
      merged.push(item);
    }
  }
  const nameless = merged.find((item) => identity(item, mergeKey) === undefined);
  if (nameless) throw noMergeKey(nameless, mergeKey);
  return orderItems(merged, split.patch, split.original, mergeKey);
}

/**
 * The object with a strategic merge patch applied; the inputs stay as they are and unchanged parts are shared. The result is plain JSON: decode it.
 * @throws StatusError BadRequest or Invalid with upstream's words.
 */
export function applyStrategicMergePatch(schema: Message, document: JsonObject, patch: JsonValue): JsonObject {
  if (!isJsonObject(patch)) throw badRequest('invalid JSON document');
  return mergeMap(document, patch, schema);
}
