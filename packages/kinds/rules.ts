/**
 * Field rules that many kinds share, each giving findings for one value at one path. The words are Kubernetes' own.
 *
 * Source: apimachinery `api/validation`, kubernetes `pkg/apis/core/validation`.
 */
import { type FieldError, forbiddenField, invalid, notSupported, required } from '#machinery/field-error.ts';
import { cidrContains, cidrStart, parseCidr, parseIp, parseIPv4 } from '#machinery/ip.ts';
import {
  validateCidr,
  validateDns1123Label,
  validateDns1123Subdomain,
  validateId,
  validateIp,
  validatePortName,
  validatePortNumber,
  validateQualifiedName,
} from '#machinery/names.ts';
import { sameValue } from './semantic-equal.ts';

/** What is said of a number below zero. */
export const NOT_NEGATIVE = 'must be greater than or equal to 0';

/** What is said of a number that must be above zero. */
export const POSITIVE = 'must be greater than 0';

/** The same of amounts and of what the core group counts. */
export const ABOVE_ZERO = 'must be greater than zero';

/** What is said of a value that cannot be changed. */
export const IMMUTABLE = 'field is immutable';

/** Largest 32-bit integer. */
export const MAX_INT32 = 2_147_483_647;

/** One `Invalid` finding for each text. */
export function invalidEach(field: string, value: unknown, texts: readonly string[]): FieldError[] {
  return texts.map((text) => invalid(field, value, text));
}

/** A number that is absent or at least 0. */
export function nonNegative(field: string, value: number | undefined): FieldError[] {
  return value !== undefined && value < 0 ? [invalid(field, value, NOT_NEGATIVE)] : [];
}

/** Text that must be there. */
export function present(field: string, value: string | undefined | null, detail = ''): FieldError[] {
  return value ? [] : [required(field, detail)];
}

/** One of a closed set; absent is a finding of its own. */
export function requiredOneOf(field: string, value: string | undefined, supported: readonly string[], detail = ''): FieldError[] {
  if (!value) return [required(field, detail)];
  return supported.includes(value) ? [] : [notSupported(field, value, supported)];
}

/** Absent or one of a closed set. */
export function optionalOneOf(field: string, value: string | undefined, supported: readonly string[]): FieldError[] {
  return value === undefined || supported.includes(value) ? [] : [notSupported(field, value, supported)];
}

/** A DNS label. */
export function dnsLabel(field: string, value: string): FieldError[] {
  return invalidEach(field, value, validateDns1123Label(value));
}

/** A DNS subdomain, as most object names are. */
export function dnsSubdomain(field: string, value: string): FieldError[] {
  return invalidEach(field, value, validateDns1123Subdomain(value));
}

/** A qualified name: `[prefix/]name`. */
export function qualifiedName(field: string, value: string): FieldError[] {
  return invalidEach(field, value, validateQualifiedName(value));
}

/** An IP address. */
export function ipAddress(field: string, value: string): FieldError[] {
  return invalidEach(field, value, validateIp(value));
}

/** An address block. */
export function cidr(field: string, value: string): FieldError[] {
  return invalidEach(field, value, validateCidr(value));
}

const LEADING_ZEROS = /(^|[./:])0+(?=\d)/g;

/**
 * An IP address in a field that once took more spellings than one: leading zeros and IPv4 inside IPv6 are refused, except in values that
 * were there before (`kept`). Source: apimachinery `IsValidIPForLegacyField`, strict.
 */
export function legacyIp(field: string, value: string, kept: readonly string[] = []): FieldError[] {
  if (kept.includes(value)) return [];
  const address = parseIp(value);
  if (!address) return parseIp(value.replace(LEADING_ZEROS, '$1')) ? [invalid(field, value, 'must not have leading 0s')] : ipAddress(field, value);
  if (address.family === 4 && parseIPv4(value) === undefined) return [invalid(field, value, 'must not be an IPv4-mapped IPv6 address')];
  return [];
}

/** The same of an address block, which must also begin where it says. Source: apimachinery `IsValidCIDRForLegacyField`, strict. */
export function legacyCidr(field: string, value: string, kept: readonly string[] = []): FieldError[] {
  if (kept.includes(value)) return [];
  const range = parseCidr(value);
  if (!range || validateCidr(value).length) {
    const lenient = value.replace(LEADING_ZEROS, '$1');
    return lenient !== value && parseCidr(lenient) ? [invalid(field, value, 'must not have leading 0s in IP or prefix length')] : cidr(field, value);
  }
  const errors: FieldError[] = [];
  if (range.address.family === 4 && value.includes(':')) errors.push(invalid(field, value, 'must not have an IPv4-mapped IPv6 address'));
  if (cidrStart(range).value !== range.address.value) errors.push(invalid(field, value, 'must not have bits set beyond the prefix length'));
  return errors;
}

/** A port number. */
export function portNumber(field: string, value: number): FieldError[] {
  return invalidEach(field, value, validatePortNumber(value));
}

/** A port number or name. */
export function portNumberOrName(field: string, value: number | string): FieldError[] {
  return typeof value === 'number' ? portNumber(field, value) : invalidEach(field, value, validatePortName(value));
}

/** A user or group id. */
export function userOrGroupId(field: string, value: number | undefined): FieldError[] {
  return value === undefined ? [] : invalidEach(field, value, validateId(value));
}

/** A value that an update must leave as it is. */
export function immutable(field: string, value: unknown, stored: unknown): FieldError[] {
  return sameValue(value, stored) ? [] : [invalid(field, value, IMMUTABLE)];
}

/** A member that must not be set here. */
export function unset(field: string, value: unknown, detail: string): FieldError[] {
  return value === undefined ? [] : [forbiddenField(field, detail)];
}

const SPECIAL_RANGES = [
  { ranges: ['127.0.0.0/8', '::1/128'], text: 'may not be in the loopback range (127.0.0.0/8, ::1/128)' },
  { ranges: ['169.254.0.0/16', 'fe80::/10'], text: 'may not be in the link-local range (169.254.0.0/16, fe80::/10)' },
  { ranges: ['224.0.0.0/24', 'ff02::/16'], text: 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)' },
].map(({ ranges, text }) => ({ text, ranges: ranges.map((range) => parseCidr(range)!) }));

/** An address that can be an endpoint: not unspecified, loopback or link-local. Leading zeros are another rule's. */
export function nonSpecialIp(field: string, value: string): FieldError[] {
  const address = parseIp(value) ?? parseIp(value.replace(LEADING_ZEROS, '$1'));
  if (!address) return [invalid(field, value, 'must be a valid IP address')];
  const errors: FieldError[] = [];
  if (address.value === 0n) errors.push(invalid(field, value, `may not be unspecified (${value})`));
  for (const { ranges, text } of SPECIAL_RANGES) {
    if (ranges.some((range) => cidrContains(range, address))) errors.push(invalid(field, value, text));
  }
  return errors;
}

/** Whether addresses or blocks are one of each family. */
export function isDualStack(values: readonly string[]): boolean {
  const families = new Set(values.map((value) => (parseIp(value) ?? parseCidr(value)?.address)?.family));
  return families.size === 2;
}
