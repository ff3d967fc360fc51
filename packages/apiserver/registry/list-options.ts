/**
 * The query of lists and watches, parsed and checked.
 *
 * Source: apimachinery `internalversion/validation` and the documented table of resourceVersion semantics.
 */
import { forbiddenField, invalidObject, notSupported, type FieldError } from '#machinery/field-error.ts';
import { badRequest } from '#machinery/status.ts';

/** How a list's or watch's resource version is meant. */
export type VersionMatch = 'NotOlderThan' | 'Exact';

/** What a list or watch asks for. */
export interface ListQuery {
  readonly labelSelector: string;
  readonly fieldSelector: string;
  /** `undefined`: the newest state; 0: any state. */
  readonly revision: number | undefined;
  readonly match: VersionMatch | undefined;
  /** 0: no limit. */
  readonly limit: number;
  readonly continue: string;
  readonly allowBookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
  readonly timeoutSeconds: number | undefined;
}

/** Parses a boolean parameter as Kubernetes does: present and neither `0` nor `false` (in any case) is true. */
export function booleanParameter(value: string | null): boolean | undefined {
  if (value === null) return undefined;
  const lower = value.toLowerCase();
  return lower !== '0' && lower !== 'false';
}

/** @throws StatusError BadRequest */
export function integerParameter(value: string | null): number | undefined {
  if (value === null || value === '') return undefined;
  if (!/^[+-]?\d+$/.test(value)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: value out of range`);
  return number;
}

/**
 * A resource version as a revision; `undefined` for an empty one.
 * @throws StatusError BadRequest
 */
export function parseRevision(text: string | null): number | undefined {
  if (!text) return undefined;
  const problem = !/^\d+$/.test(text) ? 'invalid syntax' : Number.isSafeInteger(Number(text)) ? undefined : 'value out of range';
  if (problem)
    throw badRequest(`resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: ${problem}`);
  return Number(text);
}

function checkMatch(query: URLSearchParams, watch: boolean): FieldError[] {
  const match = query.get('resourceVersionMatch') ?? '';
  const version = query.get('resourceVersion') ?? '';
  const initial = booleanParameter(query.get('sendInitialEvents'));
  const field = 'resourceVersionMatch';
  const errors: FieldError[] = [];
  if (match !== '') {
    if (watch && initial === undefined)
      errors.push(forbiddenField(field, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'));
    if (!watch && version === '') errors.push(forbiddenField(field, 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
    if (query.get('continue')) errors.push(forbiddenField(field, 'resourceVersionMatch is forbidden when continue is provided'));
    if (match !== 'Exact' && match !== 'NotOlderThan') errors.push(notSupported(field, match, ['Exact', 'NotOlderThan', '']));
    if (!watch && match === 'Exact' && version === '0')
      errors.push(forbiddenField(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
    if (watch && initial !== undefined && match !== 'NotOlderThan') errors.push(notSupported(field, match, ['NotOlderThan']));
  } else if (watch && initial !== undefined)
    errors.push(forbiddenField(field, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
  if (!watch && initial !== undefined) errors.push(forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  return errors;
}

const PLAIN: ListQuery = {
  labelSelector: '',
  fieldSelector: '',
  revision: undefined,
  match: undefined,
  limit: 0,
  continue: '',
  allowBookmarks: false,
  sendInitialEvents: undefined,
  timeoutSeconds: undefined,
};

/** @throws StatusError BadRequest, Invalid */
export function parseListQuery(query: URLSearchParams, watch: boolean): ListQuery {
  if (query.size === 0) return PLAIN;
  const errors = checkMatch(query, watch);
  if (errors.length > 0) throw invalidObject({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
  const match = query.get('resourceVersionMatch');
  const token = query.get('continue') ?? '';
  const revision = parseRevision(query.get('resourceVersion'));
  if (token && revision !== undefined && revision !== 0) throw badRequest('specifying resource version is not allowed when using continue');
  return {
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
    revision,
    match: match ? (match as VersionMatch) : undefined,
    limit: Math.max(integerParameter(query.get('limit')) ?? 0, 0),
    continue: token,
    allowBookmarks: booleanParameter(query.get('allowWatchBookmarks')) ?? false,
    sendInitialEvents: booleanParameter(query.get('sendInitialEvents')),
    timeoutSeconds: integerParameter(query.get('timeoutSeconds')),
  };
}
