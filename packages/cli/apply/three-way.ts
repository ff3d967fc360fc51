/**
 * The patch that `kubectl apply` sends: what the manifest changes against the live object, and what it dropped since it was last applied.
 *
 * Source: the documented three-way strategic merge of `kubectl apply`.
 */
import type { AnySchema, Field, Fields, Message } from '#machinery/schema.ts';
import { resolve } from '#machinery/schema.ts';

type Json = unknown;
type JsonMap = { readonly [key: string]: Json };

/** The last-applied annotation's name. */
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

const isMap = (value: Json): value is JsonMap => value !== null && typeof value === 'object' && !Array.isArray(value);

/** Deep equality of JSON values, whatever the order of keys. */
export function sameJson(a: Json, b: Json): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, index) => sameJson(item, b[index]));
  if (!isMap(a) || !isMap(b)) return a === b;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]));
}

/** A JSON merge patch (for kinds without a declared schema); undefined when nothing changes. */
export function threeWayMergePatch(original: JsonMap, modified: JsonMap, current: JsonMap): JsonMap | undefined {
  const patch = mergeDiff(original, modified, current);
  return Object.keys(patch).length > 0 ? patch : undefined;
}

function mergeDiff(original: JsonMap, modified: JsonMap, current: JsonMap): JsonMap {
  const patch: Record<string, Json> = {};
  for (const key of Object.keys(original)) if (!Object.hasOwn(modified, key) && Object.hasOwn(current, key)) patch[key] = null;
  for (const [key, value] of Object.entries(modified)) {
    const live = current[key];
    if (isMap(value) && isMap(live)) {
      const below = mergeDiff(isMap(original[key]) ? original[key] : {}, value, live);
      if (Object.keys(below).length > 0) patch[key] = below;
    } else if (!sameJson(value, live)) patch[key] = value;
  }
  return patch;
}

/** A strategic merge patch by the markers of `schema`; undefined when nothing changes. */
export function threeWayStrategicPatch(schema: Message, original: JsonMap, modified: JsonMap, current: JsonMap): JsonMap | undefined {
  const patch = diffMessage(schema, original, modified, current);
  return Object.keys(patch).length > 0 ? patch : undefined;
}

/** Fields of a message by JSON name, inline members among them. */
function fieldsOf(schema: Message): Map<string, Field> {
  const all = new Map<string, Field>();
  const add = (fields: Fields): void => {
    for (const [name, field] of Object.entries(fields)) {
      const target = resolve(field.schema);
      if (field.presence === 'inline' && target.type === 'message') add(target.fields);
      else all.set(name, field);
    }
  };
  add(schema.fields);
  return all;
}

function diffMessage(schema: Message | undefined, original: JsonMap, modified: JsonMap, current: JsonMap): Record<string, Json> {
  const fields = schema ? fieldsOf(schema) : undefined;
  const patch: Record<string, Json> = {};
  for (const key of Object.keys(original)) if (!Object.hasOwn(modified, key) && Object.hasOwn(current, key)) patch[key] = null;
  for (const [key, value] of Object.entries(modified)) {
    const field = fields?.get(key);
    const live = current[key];
    if (isMap(value) && isMap(live)) {
      const below = diffMessage(messageOf(field?.schema), isMap(original[key]) ? original[key] : {}, value, live);
      if (field?.markers.patch?.includes('retainKeys') && !sameKeys(value, live)) below['$retainKeys'] = Object.keys(value).toSorted();
      if (Object.keys(below).length > 0) patch[key] = below;
    } else if (Array.isArray(value) && Array.isArray(live) && field?.markers.patch?.includes('merge')) {
      Object.assign(patch, diffList(key, field, Array.isArray(original[key]) ? original[key] : [], value, live));
    } else if (!sameJson(value, live)) patch[key] = value;
  }
  return patch;
}

const sameKeys = (a: JsonMap, b: JsonMap): boolean => sameJson(Object.keys(a).toSorted(), Object.keys(b).toSorted());

function messageOf(schema: AnySchema | undefined): Message | undefined {
  const target = schema && resolve(schema);
  return target?.type === 'message' ? target : undefined;
}

/** The entries that a merged list adds to the patch: the items, deletions, and the wanted order. */
function diffList(name: string, field: Field, original: readonly Json[], modified: readonly Json[], current: readonly Json[]): Record<string, Json> {
  const key = field.markers.mergeKey;
  if (key === undefined) return diffSet(name, original, modified, current);
  const list = resolve(field.schema);
  const item = list.type === 'list' ? messageOf(list.item) : undefined;
  const find = (items: readonly Json[], value: Json): JsonMap | undefined => items.find((one): one is JsonMap => isMap(one) && one[key] === value);
  const changes: Json[] = [];
  for (const wanted of modified) {
    if (!isMap(wanted)) continue;
    const live = find(current, wanted[key]);
    if (!live) changes.push(wanted);
    else {
      const below = diffMessage(item, find(original, wanted[key]) ?? {}, wanted, live);
      if (field.markers.patch?.includes('retainKeys') && !sameKeys(wanted, live)) below['$retainKeys'] = Object.keys(wanted).toSorted();
      if (Object.keys(below).length > 0) changes.push({ ...below, [key]: wanted[key] });
    }
  }
  for (const gone of original) {
    if (isMap(gone) && !find(modified, gone[key]) && find(current, gone[key])) changes.push({ $patch: 'delete', [key]: gone[key] });
  }
  if (changes.length === 0 && sameOrder(key, modified, current)) return {};
  return { [`$setElementOrder/${name}`]: modified.map((one) => (isMap(one) ? { [key]: one[key] } : one)), ...(changes.length > 0 ? { [name]: changes } : {}) };
}

/** Whether the wanted items stand in the live list in the wanted order. */
function sameOrder(key: string, modified: readonly Json[], current: readonly Json[]): boolean {
  const places = modified.map((wanted) => current.findIndex((live) => isMap(live) && isMap(wanted) && live[key] === wanted[key]));
  return places.every((place, index) => index === 0 || place > places[index - 1]!);
}

function diffSet(name: string, original: readonly Json[], modified: readonly Json[], current: readonly Json[]): Record<string, Json> {
  const added = modified.filter((one) => !current.some((live) => sameJson(live, one)));
  const removed = original.filter((one) => !modified.some((wanted) => sameJson(wanted, one)) && current.some((live) => sameJson(live, one)));
  return {
    ...(removed.length > 0 ? { [`$deleteFromPrimitiveList/${name}`]: removed } : {}),
    ...(added.length > 0 || removed.length > 0 ? { [`$setElementOrder/${name}`]: modified } : {}),
    ...(added.length > 0 ? { [name]: added } : {}),
  };
}
