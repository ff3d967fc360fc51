/**
 * How the API server answers patches that cannot be applied.
 *
 * Source: apiserver `endpoints/handlers/patch.go`.
 */
import { StatusError } from '../status.ts';

/** 422 for a patch that is well-formed but does not fit the object; the reason stays in `cause`, as upstream tells clients only this. */
export function patchRejected(why: string): StatusError {
  return new StatusError(
    { code: 422, reason: 'Invalid', message: 'the server rejected our request due to an error in our request', details: {} },
    new Error(why),
  );
}
