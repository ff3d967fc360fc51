/**
 * Rules of device attributes.
 *
 * Source: kubernetes `pkg/apis/resource/validation/validation.go`.
 */
import { at, child, type FieldError, invalid, tooLong } from '#machinery/field-error.ts';
import type { DeviceAttribute } from '../shared.ts';

const MAX_TEXT = 64;
const VERSION =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$/;

const MEMBERS = ['bool', 'int', 'string', 'version', 'bools', 'ints', 'strings', 'versions'] as const satisfies readonly (keyof DeviceAttribute)[];

/** An attribute has exactly one value. */
export function attributeFindings(field: string, attribute: DeviceAttribute): FieldError[] {
  const errors = attribute.string === undefined ? [] : textFindings(child(field, 'string'), attribute.string);
  if (attribute.version !== undefined) errors.push(...versionFindings(child(field, 'version'), attribute.version));
  for (const name of ['bools', 'ints', 'strings', 'versions'] as const) {
    if (attribute[name]?.length === 0) errors.push(invalid(child(field, name), attribute[name], 'must not be empty if specified'));
  }
  for (const [index, text] of (attribute.strings ?? []).entries()) errors.push(...textFindings(at(child(field, 'strings'), index), text));
  for (const [index, text] of (attribute.versions ?? []).entries()) errors.push(...versionFindings(at(child(field, 'versions'), index), text));
  const given = MEMBERS.filter((name) => attribute[name] !== undefined);
  if (given.length !== 1) errors.push(invalid(field, given.length ? attribute : '', 'exactly one value must be specified'));
  return errors;
}

function textFindings(field: string, text: string): FieldError[] {
  return text.length > MAX_TEXT ? [tooLong(field, MAX_TEXT)] : [];
}

function versionFindings(field: string, text: string): FieldError[] {
  const errors: FieldError[] = VERSION.test(text) ? [] : [invalid(field, text, 'must be a string compatible with semver.org spec 2.0.0')];
  return [...errors, ...textFindings(field, text)];
}
