/**
 * JSON merge patch, RFC 7386.
 */
import { badRequest } from '../status.ts';
import { copyObject, isJsonObject, type JsonObject, type JsonValue, type MutableObject, setMember } from './json-value.ts';

function merge(target: JsonValue | undefined, patch: JsonValue): JsonValue {
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
