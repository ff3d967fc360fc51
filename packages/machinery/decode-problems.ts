/**
 * The second look at a value that did not decode cleanly: where it does not fit, which fields are unknown, with the words of Go's decoder.
 */
import { isSchemaUnion, SCALAR_DECODERS, ValueError, wrongType } from './decode-scalars.ts';
import type { AnySchema, Message } from './schema.ts';
import { resolve } from './schema.ts';
import { goTypeName, jsonFieldMap, shortTypeName } from './schema-fields.ts';

/** Strict problems beyond this are not collected. Source: sigs.k8s.io/json. */
export const MAX_PROBLEMS = 100;

type Json = { readonly [key: string]: unknown };

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

function collectUnknown(schema: AnySchema, value: unknown, path: string, problems: Set<string>): void {
  const type = resolve(schema);
  if (type.type === 'list' && Array.isArray(value)) {
    value.forEach((item, i) => collectUnknown(type.item, item, `${path}[${i}]`, problems));
  } else if (type.type === 'map' && isObject(value)) {
    for (const key of Object.keys(value)) collectUnknown(type.value, value[key], path ? `${path}.${key}` : key, problems);
  } else if (type.type === 'message' && isObject(value)) {
    const fields = jsonFieldMap(type);
    for (const key of Object.keys(value)) {
      const at = path ? `${path}.${key}` : key;
      const field = fields.get(key);
      if (field) collectUnknown(field.schema, value[key], at, problems);
      else if (value[key] !== undefined && problems.size < MAX_PROBLEMS) problems.add(`unknown field ${JSON.stringify(at)}`);
    }
  }
}

/** `unknown field "spec.foo"` for each member that no message declares, in document order. */
export function unknownFields(schema: Message, value: unknown): string[] {
  const problems = new Set<string>();
  collectUnknown(schema, value, '', problems);
  return [...problems];
}

/** Where the walk is: the innermost struct and the names from the root, as Go's errors show them. */
interface Place {
  readonly message?: Message;
  readonly struct: string;
  readonly path: string;
}

function mismatch(error: ValueError, place: Place, schema: AnySchema): string {
  if (error.jsonType === undefined) return error.message;
  const target = place.struct ? `Go struct field ${place.struct}.${place.path}` : 'Go value';
  return `json: cannot unmarshal ${error.jsonType} into ${target} of type ${goTypeName(schema)}`;
}

function checkMembers(type: Message, value: Json, place: Place): string | undefined {
  const byName = jsonFieldMap(type);
  const struct = shortTypeName(type);
  for (const key of Object.keys(value)) {
    const field = byName.get(key);
    if (!field) continue;
    const found = firstMismatch(field.schema, value[key], { message: type, struct, path: place.path ? `${place.path}.${key}` : key });
    if (found !== undefined) return found;
  }
  return undefined;
}

function firstMismatch(schema: AnySchema, value: unknown, place: Place): string | undefined {
  if (value === null || value === undefined) return undefined;
  const type = resolve(schema);
  if (type.type === 'scalar') {
    if (isSchemaUnion(type.name) && place.message && typeof value === 'object') return firstInUnion(place.message, value, place);
    try {
      SCALAR_DECODERS[type.name](value);
      return undefined;
    } catch (error) {
      if (error instanceof ValueError) return mismatch(error, place, type);
      throw error;
    }
  }
  if (type.type === 'list' ? !Array.isArray(value) : !isObject(value)) return mismatch(wrongType(value), place, type);
  if (type.type === 'message') return checkMembers(type, value as Json, place);
  const item = type.type === 'list' ? type.item : type.value;
  for (const one of type.type === 'list' ? (value as readonly unknown[]) : Object.values(value as Json)) {
    const found = firstMismatch(item, one, place);
    if (found !== undefined) return found;
  }
  return undefined;
}

function firstInUnion(schema: Message, value: object, place: Place): string | undefined {
  for (const one of Array.isArray(value) ? (value as readonly unknown[]) : [value]) {
    const found = typeof one === 'string' ? undefined : firstMismatch(schema, one, place);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The words for the first value that does not fit: `json: cannot unmarshal string into Go struct field …`. */
export function describeMismatch(schema: Message, value: unknown, fallback: string): string {
  return firstMismatch(schema, value, { struct: '', path: '' }) ?? fallback;
}
