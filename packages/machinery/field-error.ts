/**
 * Validation findings: a path, a type, the bad value, a detail; many of them make one `Invalid` Status.
 *
 * Source: apimachinery `util/validation/field`.
 */
import { StatusError } from './status.ts';

/** The kinds of finding; the value is the cause's `reason`. */
export type FieldErrorType =
  | 'FieldValueNotFound'
  | 'FieldValueRequired'
  | 'FieldValueDuplicate'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'InternalError'
  | 'FieldValueTypeInvalid';

/** One finding. `message` is complete but for the leading path: `Invalid value: "x": must …`. */
export interface FieldError {
  readonly type: FieldErrorType;
  /** `spec.containers[0].name`, `metadata.labels[app]`. */
  readonly field: string;
  readonly message: string;
}

/** Renders a bad value as messages show it: strings quoted, objects as JSON, absent as `null`. */
function valueText(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  return JSON.stringify(value);
}

const withDetail = (text: string, detail: string): string => (detail ? `${text}: ${detail}` : text);

/** The field lacks a value it must have. */
export function required(field: string, detail = ''): FieldError {
  return { type: 'FieldValueRequired', field, message: withDetail('Required value', detail) };
}

/** The value breaks a rule. */
export function invalid(field: string, value: unknown, detail: string): FieldError {
  return { type: 'FieldValueInvalid', field, message: withDetail(`Invalid value: ${valueText(value)}`, detail) };
}

/** The value breaks a rule, and is too long or too secret to be shown. */
export function invalidOmitted(field: string, detail: string): FieldError {
  return { type: 'FieldValueInvalid', field, message: withDetail('Invalid value', detail) };
}

/** The value has the wrong type. */
export function typeInvalid(field: string, value: unknown, detail: string): FieldError {
  return { type: 'FieldValueTypeInvalid', field, message: withDetail(`Invalid value: ${valueText(value)}`, detail) };
}

/** The value is not one of a closed set; the supported ones are listed sorted as given. */
export function notSupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  const list = supported.map((one) => JSON.stringify(one)).join(', ');
  return {
    type: 'FieldValueNotSupported',
    field,
    message: withDetail(`Unsupported value: ${valueText(value)}`, list && `supported values: ${list}`),
  };
}

/** The value may not be set here. */
export function forbiddenField(field: string, detail: string): FieldError {
  return { type: 'FieldValueForbidden', field, message: withDetail('Forbidden', detail) };
}

/** The value stands in the list twice. */
export function duplicate(field: string, value: unknown): FieldError {
  return { type: 'FieldValueDuplicate', field, message: `Duplicate value: ${valueText(value)}` };
}

/** What the value refers to does not exist. */
export function fieldNotFound(field: string, value: unknown, detail = ''): FieldError {
  return { type: 'FieldValueNotFound', field, message: withDetail(`Not found: ${valueText(value)}`, detail) };
}

/** The value is longer than `maxLength` (bytes or characters as the rule says). */
export function tooLong(field: string, maxLength: number): FieldError {
  return { type: 'FieldValueTooLong', field, message: `Too long: may not be more than ${maxLength} bytes` };
}

/** The list has more than `maxItems` items. */
export function tooMany(field: string, actual: number, maxItems: number): FieldError {
  return { type: 'FieldValueTooMany', field, message: `Too many: ${actual}: must have at most ${maxItems} items` };
}

/** A rule could not be checked. */
export function fieldInternal(field: string, detail: string): FieldError {
  return { type: 'InternalError', field, message: `Internal error: ${detail}` };
}

/** `child('spec', 'ports')` is `spec.ports`; an empty parent gives the name alone. */
export function child(parent: string, ...names: readonly string[]): string {
  const tail = names.join('.');
  return parent ? `${parent}.${tail}` : tail;
}

/** `at('spec.ports', 2)` is `spec.ports[2]`; with a string key, `metadata.labels[app]`. */
export function at(parent: string, key: number | string): string {
  return `${parent}[${key}]`;
}

/** 422 `Invalid` naming the object and every finding, as `kubectl` prints it. */
export function invalidObject(of: { readonly group: string; readonly kind: string }, name: string, errors: readonly FieldError[]): StatusError {
  const lines = errors.map((error) => `${error.field}: ${error.message}`);
  const unique = [...new Set(lines)];
  const joined = unique.length === 1 ? unique[0]! : `[${unique.join(', ')}]`;
  const subject = of.group ? `${of.kind}.${of.group}` : of.kind;
  return new StatusError({
    code: 422,
    reason: 'Invalid',
    message: `${subject} "${name}" is invalid: ${joined}`,
    details: {
      ...(name ? { name } : {}),
      ...(of.group ? { group: of.group } : {}),
      kind: of.kind,
      causes: errors.map((error) => ({ reason: error.type, message: error.message, field: error.field })),
    },
  });
}
