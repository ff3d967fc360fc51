/**
 * Addresses and blocks of fields that never took more than one spelling of a value.
 *
 * Source: apimachinery `util/validation` IsValidIP, IsValidCIDR.
 */
import { type FieldError, invalid } from '#machinery/field-error.ts';
import { cidrStart, formatIp, parseCidr, parseIp } from '#machinery/ip.ts';
import { legacyCidr, legacyIp } from '../rules.ts';

/** What is wrong with an address as a name. */
export function strictIpTexts(value: string): string[] {
  const found = legacyIp('', value);
  const address = parseIp(value);
  if (found.length || !address) return found.map(({ message }) => message.slice(message.indexOf('": ') + 3));
  const canonical = formatIp(address);
  return canonical === value ? [] : [mustBe(canonical)];
}

/** An address block in the one spelling that is its own. */
export function strictCidr(field: string, value: string): FieldError[] {
  const found = legacyCidr(field, value);
  const range = parseCidr(value);
  if (found.length || !range) return found;
  const canonical = `${formatIp(cidrStart(range))}/${range.bits}`;
  return canonical === value ? [] : [invalid(field, value, mustBe(canonical))];
}

const mustBe = (canonical: string): string => `must be in canonical form (${JSON.stringify(canonical)})`;
