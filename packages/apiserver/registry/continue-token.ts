/**
 * Continue tokens: where the next page of a list begins, and at which revision.
 *
 * Source: apiserver `storage/continue.go`: base64url of `{"v":"meta.k8s.io/v1","rv":…,"start":…}`.
 */
import { badRequest } from '#machinery/status.ts';

const TOKEN_VERSION = 'meta.k8s.io/v1';

/** The revision of a token that continues an expired list on the newest state. */
export const ANY_REVISION = -1;

/** A place in a list. */
export interface ListPosition {
  readonly revision: number;
  /** The key of the last object already returned, relative to the list's prefix; the next page begins after it. */
  readonly after: string;
}

const AFTER_MARK = '\u0000';

/** The token for what follows `position`. */
export function encodeContinue({ revision, after }: ListPosition): string {
  return Buffer.from(JSON.stringify({ v: TOKEN_VERSION, rv: revision, start: after + AFTER_MARK })).toString('base64url');
}

/** @throws StatusError BadRequest for what is not a token. */
export function decodeContinue(token: string): ListPosition {
  let fields: unknown;
  const text = Buffer.from(token, 'base64url').toString();
  try {
    fields = JSON.parse(text);
  } catch {
    throw badRequest(`invalid continue token: continue key is not valid: invalid character ${JSON.stringify(text.charAt(0))} looking for beginning of value`);
  }
  const { v, rv, start } = (fields ?? {}) as { readonly v?: unknown; readonly rv?: unknown; readonly start?: unknown };
  if (v !== TOKEN_VERSION) throw badRequest(`invalid continue token: continue key is not valid: server does not recognize this encoded version ${JSON.stringify(v ?? '')}`);
  if (typeof rv !== 'number' || !Number.isSafeInteger(rv) || rv === 0)
    throw badRequest('invalid continue token: continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  if (typeof start !== 'string' || start === '') throw badRequest('invalid continue token: continue key is not valid: encoded start key empty (version meta.k8s.io/v1)');
  const after = start.endsWith(AFTER_MARK) ? start.slice(0, -1) : start;
  if (after.includes('..')) throw badRequest(`invalid continue token: continue key is not valid: ${start}`);
  return { revision: rv, after };
}
