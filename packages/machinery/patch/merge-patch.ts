/**
 * JSON merge patch, RFC 7386, and as the original reads it: what is new has no null members, in lists neither.
 */
import { badRequest } from '../status.ts';
import { copyObject, isJsonList, isJsonObject, type JsonObject, type JsonValue, type MutableObject, setMember } from './json-value.ts';

/** Items of a list replace those that were there; nulls among them stay, their null members do not. */
function withoutNulls(item: JsonValue): JsonValue {
  if (isJsonList(item)) return item.map(withoutNulls);
  return isJsonObject(item) ? merge(undefined, item) : item;
}

function merge(target: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (isJsonList(patch)) return patch.map(withoutNulls);
  if (!isJsonObject(patch)) return patch;
  const out: MutableObject = isJsonObject(target) ? copyObject(target) : {};
  for (const key of Object.keys(patch)) {
    const value = patch[key]!;
    if (value === null) delete out[key];
    else setMember(out, key, merge(Object.hasOwn(out, key) ? out[key] : undefined, value));
  }
  return out;
}

/**
 * The document with a merge patch applied; the inputs stay as they are and unchanged parts are shared.
 * @throws StatusError BadRequest when the patch is not an object.
 */
export function applyMergePatch(document: JsonObject, patch: JsonValue): JsonObject {
  if (!isJsonObject(patch)) throw badRequest('Invalid JSON Patch');
  return merge(document, patch) as JsonObject;
}
