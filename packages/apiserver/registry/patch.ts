/**
 * PATCH: JSON patch, merge patch, strategic merge patch and server-side apply, on an object or through a subresource.
 *
 * Source: apiserver `endpoints/handlers/patch.go`.
 */
import type { CallBody } from '../call.ts';
import { checkName } from './object-meta.ts';
import { decodeValue, parseApplied, parseJsonBody, type BodyRules, type BodyType } from './request-body.ts';
import { cannotBeHandled } from '#machinery/decode.ts';
import type { KubeObject } from '#machinery/kind.ts';
import { applyJsonPatch } from '#machinery/patch/json-patch.ts';
import type { JsonObject, JsonValue } from '#machinery/patch/json-value.ts';
import { applyMergePatch } from '#machinery/patch/merge-patch.ts';
import { applyStrategicMergePatch } from '#machinery/patch/strategic-merge.ts';
import type { Draft } from '#machinery/schema.ts';
import { StatusError, badRequest, unsupportedMediaType } from '#machinery/status.ts';

const APPLY = 'application/apply-patch+yaml';
const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';

/** A patch, parsed once for all attempts. */
export type Patch =
  | { readonly type: 'json' | 'merge' | 'strategic'; readonly patch: JsonValue }
  | { readonly type: 'apply'; readonly given: JsonObject };

type PlainPatch = Exclude<Patch, { type: 'apply' }>;

const TYPES: Readonly<Record<string, 'json' | 'merge' | 'strategic'>> = {
  [JSON_PATCH]: 'json',
  [MERGE_PATCH]: 'merge',
  [STRATEGIC_PATCH]: 'strategic',
};

/** Whether a body asks for server-side apply. */
export function isApply(body: CallBody): boolean {
  return body.type !== 'none' && mediaTypeOf(body.mediaType) === APPLY;
}

function mediaTypeOf(text: string | undefined): string {
  return (text ?? '').split(';', 1)[0]!.trim().toLowerCase();
}

/**
 * Parses the body of a PATCH of the object `at`.
 * @throws StatusError UnsupportedMediaType, BadRequest
 */
export function parsePatch(body: CallBody, type: BodyType, at: { readonly name: string; readonly namespace: string }): Patch {
  if (body.type === 'none') throw badRequest('the request body is empty');
  const mediaType = mediaTypeOf(body.mediaType);
  if (mediaType === APPLY) {
    const given = parseApplied(body, type);
    // An object that exists has its name already; one that is made by this must be given it.
    if ((given as Partial<KubeObject>).metadata?.name) checkName({ ...given } as Draft<KubeObject>, at.name, at.namespace);
    return { type: 'apply', given: given as JsonObject };
  }
  const kind = TYPES[mediaType];
  if (!kind) throw unsupportedMediaType([JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY]);
  const patch = body.type === 'object' ? body.value : parseJsonBody(body.bytes.toString());
  return { type: kind, patch: patch as JsonValue };
}

function patched(patch: PlainPatch, type: BodyType, live: KubeObject): JsonValue {
  const document = live as unknown as JsonObject;
  switch (patch.type) {
    case 'json':
      return applyJsonPatch(document, patch.patch);
    case 'merge':
      return applyMergePatch(document, patch.patch);
    case 'strategic':
      return applyStrategicMergePatch(type.schema, document, patch.patch);
  }
}

/**
 * The object after a patch, decoded; the caller owns it. Its identity may not change.
 * @throws StatusError
 */
export function applyPatch(patch: PlainPatch, type: BodyType, live: KubeObject, rules: BodyRules): Draft<KubeObject> {
  const value = patchedObject(patch, type, live);
  const draft = decodeValue(value, type, rules, { own: true, refuse: (why) => invalidPatch(patch, value, why) });
  checkName(draft, live.metadata.name ?? '', live.metadata.namespace ?? '');
  return draft;
}

/**
 * The same for callers that only look at it: the caller owns the object itself, its parts may be those of `live`.
 * @throws StatusError
 */
export function patchedView(patch: PlainPatch, type: BodyType, live: KubeObject, rules: BodyRules): Draft<KubeObject> {
  const value = patchedObject(patch, type, live);
  const draft = decodeValue(value, type, rules, { known: live, refuse: (why) => invalidPatch(patch, value, why) });
  checkName(draft, live.metadata.name ?? '', live.metadata.namespace ?? '');
  return draft;
}

function patchedObject(patch: PlainPatch, type: BodyType, live: KubeObject): object {
  const value = patched(patch, type, live);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw cannotBeHandled(live, type.schema, 'json: cannot unmarshal into an object');
  return value;
}

/** 422 for a patch that adds fields that nobody knows: it shows the strategic merge patch itself, of other patches the object they lead to. */
function invalidPatch(patch: PlainPatch, object: object, why: string): StatusError {
  const shown = patch.type === 'strategic' ? goText(patch.patch) : JSON.stringify(object);
  const message = `Invalid value: ${JSON.stringify(shown)}: ${why}`;
  return new StatusError({ code: 422, reason: 'Invalid', message: ` "" is invalid: patch: ${message}`, details: { causes: [{ reason: 'FieldValueInvalid', message, field: 'patch' }] } });
}

/** JSON as Go prints maps: `map[a:1 b:[x y]]`. */
function goText(value: JsonValue | undefined): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (typeof value !== 'object') return String(value);
  return `map[${Object.entries(value as JsonObject)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, one]) => `${name}:${goText(one)}`)
    .join(' ')}]`;
}
