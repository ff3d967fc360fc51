/**
 * IP addresses as numbers: parsing, canonical text, blocks. Leading zeros and IPv4-mapped text are judged as Go's `net.ParseIP` does.
 */

/** An address: its family and value. */
export interface IpAddress {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** A block: its first address as given, and prefix length. */
export interface Cidr {
  readonly address: IpAddress;
  readonly bits: number;
}

/** The value of dotted IPv4 text, or undefined. */
export function parseIPv4(text: string): number | undefined {
  const found = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (!found) return undefined;
  let value = 0;
  for (let i = 1; i <= 4; i += 1) {
    const part = found[i]!;
    if (Number(part) > 255 || (part.length > 1 && part.startsWith('0'))) return undefined;
    value = value * 256 + Number(part);
  }
  return value;
}

function hexGroups(text: string): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (let i = 0; i < parts.length; i += 1) {
    const part = parts[i]!;
    const v4 = i === parts.length - 1 && part.includes('.') ? parseIPv4(part) : undefined;
    if (v4 !== undefined) groups.push(Math.floor(v4 / 65536), v4 % 65536);
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/** The value of IPv6 text without zone, or undefined. */
export function parseIPv6(text: string): bigint | undefined {
  if (!text.includes(':')) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = hexGroups(halves[0]!);
  const tail = halves.length === 2 ? hexGroups(halves[1]!) : [];
  if (!head || !tail) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => 0), ...tail];
  return groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n);
}

const MAPPED = 0xffffn;

/** Parses an address of either family; IPv4-mapped IPv6 is IPv4, as in Go. */
export function parseIp(text: string): IpAddress | undefined {
  const v4 = parseIPv4(text);
  if (v4 !== undefined) return { family: 4, value: BigInt(v4) };
  const v6 = parseIPv6(text);
  if (v6 === undefined) return undefined;
  return v6 >> 32n === MAPPED ? { family: 4, value: v6 & 0xffff_ffffn } : { family: 6, value: v6 };
}

/** The longest run of zero groups (at least two), as [start, length]. */
function zeroRun(groups: readonly number[]): readonly [number, number] {
  let best: readonly [number, number] = [-1, 1];
  let start = -1;
  for (let i = 0; i <= groups.length; i += 1) {
    if (i < groups.length && groups[i] === 0) {
      if (start < 0) start = i;
    } else if (start >= 0) {
      if (i - start > best[1]) best = [start, i - start];
      start = -1;
    }
  }
  return best;
}

/** Canonical text: dotted, or RFC 5952. */
export function formatIp(address: IpAddress): string {
  if (address.family === 4) {
    const value = Number(address.value);
    return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.');
  }
  const groups = Array.from({ length: 8 }, (_, i) => Number((address.value >> BigInt(112 - 16 * i)) & 0xffffn));
  const [at, length] = zeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (at < 0) return hex.join(':');
  return `${hex.slice(0, at).join(':')}::${hex.slice(at + length).join(':')}`;
}

/** Parses `10.0.0.0/8`; the address may have host bits. */
export function parseCidr(text: string): Cidr | undefined {
  const found = /^([^/]+)\/(\d{1,3})$/.exec(text);
  const address = found ? parseIp(found[1]!) : undefined;
  if (!found || !address) return undefined;
  const bits = Number(found[2]);
  return bits <= (address.family === 4 ? 32 : 128) ? { address, bits } : undefined;
}

/** Addresses a block of this family and prefix length has. */
export function cidrSize(cidr: Cidr): bigint {
  return 1n << BigInt((cidr.address.family === 4 ? 32 : 128) - cidr.bits);
}

/** The block's first address. */
export function cidrStart(cidr: Cidr): IpAddress {
  const size = cidrSize(cidr);
  return { family: cidr.address.family, value: (cidr.address.value / size) * size };
}

/** Whether the block holds the address. */
export function cidrContains(cidr: Cidr, address: IpAddress): boolean {
  if (cidr.address.family !== address.family) return false;
  const start = cidrStart(cidr).value;
  return address.value >= start && address.value < start + cidrSize(cidr);
}
