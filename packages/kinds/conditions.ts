/**
 * Rules for conditions of the common shape, `meta/v1` Condition.
 *
 * Source: apimachinery `meta/v1/validation` ValidateConditions.
 */
import { at, child, duplicate, type FieldError, invalid, notSupported, required, tooLong } from '#machinery/field-error.ts';
import { qualifiedName } from './rules.ts';

const STATUSES: readonly string[] = ['False', 'True', 'Unknown'];
const MAX_REASON = 1024;
const MAX_MESSAGE = 32 * 1024;
const REASON = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?';
const REASON_RE = new RegExp(`^${REASON}$`);
const BAD_REASON = `a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '${REASON}')`;

/** What the rules look at. */
interface Condition {
  readonly type: string;
  readonly status: string;
  readonly observedGeneration?: number;
  readonly lastTransitionTime?: string | null;
  readonly reason?: string;
  readonly message?: string;
}

/** Conditions of a status: one of each type, each complete. */
export function commonConditions(field: string, conditions: readonly Condition[] | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, condition] of (conditions ?? []).entries()) {
    const here = at(field, index);
    if (seen.has(condition.type)) errors.push(duplicate(child(here, 'type'), condition.type));
    seen.add(condition.type);
    errors.push(...conditionRules(here, condition));
  }
  return errors;
}

function conditionRules(field: string, { type, status, observedGeneration = 0, lastTransitionTime, reason = '', message = '' }: Condition): FieldError[] {
  const errors = qualifiedName(child(field, 'type'), type);
  if (!STATUSES.includes(status)) errors.push(notSupported(child(field, 'status'), status, STATUSES));
  if (observedGeneration < 0) errors.push(invalid(child(field, 'observedGeneration'), observedGeneration, 'must be greater than or equal to zero'));
  if (!lastTransitionTime) errors.push(required(child(field, 'lastTransitionTime'), 'must be set'));
  if (!reason) errors.push(required(child(field, 'reason'), 'must be set'));
  else if (!REASON_RE.test(reason)) errors.push(invalid(child(field, 'reason'), reason, BAD_REASON));
  if (reason.length > MAX_REASON) errors.push(tooLong(child(field, 'reason'), MAX_REASON));
  if (Buffer.byteLength(message) > MAX_MESSAGE) errors.push(tooLong(child(field, 'message'), MAX_MESSAGE));
  return errors;
}
