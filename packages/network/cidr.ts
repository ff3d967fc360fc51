/**
 * IPv4 address ranges as numbers.
 */

/** A range of IPv4 addresses. */
export interface Cidr {
  /** First address, as an unsigned 32-bit number. */
  readonly base: number;
  readonly prefix: number;
}

/** The address as an unsigned number, or undefined when the text is not an IPv4 address in plain dotted form. */
export function parseAddress(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return value;
}

/** Dotted form. */
export function formatAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
}

/** Parses `ADDRESS/PREFIX` (or an address alone as /32), cutting host bits; undefined when it is not IPv4. */
export function parseCidr(text: string): Cidr | undefined {
  const [address, prefixText = '32', rest] = text.split('/');
  const value = parseAddress(address ?? '');
  const prefix = Number(prefixText);
  if (value === undefined || rest !== undefined || !/^\d{1,2}$/.test(prefixText) || prefix > 32) return undefined;
  return { base: value - (value % 2 ** (32 - prefix)), prefix };
}

/** `ADDRESS/PREFIX`. */
export function formatCidr(range: Cidr): string {
  return `${formatAddress(range.base)}/${range.prefix}`;
}

/** Whether the two ranges have an address in common. */
export function overlaps(a: Cidr, b: Cidr): boolean {
  const size = 2 ** (32 - Math.min(a.prefix, b.prefix));
  return Math.floor(a.base / size) === Math.floor(b.base / size);
}

/** Whether `outer` holds every address of `inner`. */
export function contains(outer: Cidr, inner: Cidr): boolean {
  return outer.prefix <= inner.prefix && overlaps(outer, inner);
}

/** The address `offset` places after the first. */
export function addressAt(range: Cidr, offset: number): string {
  return formatAddress(range.base + offset);
}
