/**
 * How admission refuses.
 */
import type { AdmissionRequest } from './admission.ts';
import { forbidden, type StatusError } from '#machinery/status.ts';

/** 403 naming the object as the request knows it. Source: apiserver `admission.NewForbidden`. */
export function refusal(request: AdmissionRequest, why: string): StatusError {
  const { kind, object } = request;
  const name = request.name || object?.metadata?.name || object?.metadata?.generateName || 'Unknown';
  return forbidden({ group: kind.group, resource: kind.plural }, name, why);
}
