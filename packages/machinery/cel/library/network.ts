/**
 * IP addresses and blocks of them.
 *
 * Source: Kubernetes' CEL libraries `ip` and `cidr`: no zones, no IPv4 inside IPv6, no host bits ignored.
 */
import { type Cidr, cidrContains, cidrStart, formatIp, type IpAddress, parseCidr, parseIp } from '../../ip.ts';
import { sizeOf } from '../compare.ts';
import { type Declaration, fn, type Library, method } from '../functions.ts';
import { TRAVERSAL } from '../standard/operators.ts';
import { BOOL, INT, opaque, STRING } from '../types.ts';
import { CelError, CelOpaque, type Value } from '../values.ts';

const IP = opaque('net.IP');
const CIDR = opaque('net.CIDR');

class CelIp extends CelOpaque {
  readonly type = IP as CelOpaque['type'];
  readonly address: IpAddress;

  constructor(address: IpAddress) {
    super();
    this.address = address;
  }

  equals(other: CelOpaque): boolean {
    return other instanceof CelIp && other.address.family === this.address.family && other.address.value === this.address.value;
  }
}

class CelCidr extends CelOpaque {
  readonly type = CIDR as CelOpaque['type'];
  readonly cidr: Cidr;

  constructor(cidr: Cidr) {
    super();
    this.cidr = cidr;
  }

  equals(other: CelOpaque): boolean {
    return other instanceof CelCidr && cidrText(other) === cidrText(this);
  }
}

const cidrText = ({ cidr }: CelCidr): string => `${formatIp(cidr.address)}/${cidr.bits}`;

/** @throws CelError */
function toIp(text: string): CelIp {
  const quoted = JSON.stringify(text);
  if (text.includes('%')) throw new CelError(`IP address ${quoted} with zone value is not allowed`);
  const address = parseIp(text);
  if (!address) throw new CelError(`IP Address ${quoted} parse error during conversion from string: ParseAddr(${quoted}): unable to parse IP`);
  if (text.includes(':') && address.family === 4) throw new CelError(`IPv4-mapped IPv6 address ${quoted} is not allowed`);
  return new CelIp(address);
}

/** @throws CelError */
function toCidr(text: string): CelCidr {
  const quoted = JSON.stringify(text);
  const cidr = parseCidr(text);
  if (!cidr || /\/0\d/.test(text)) throw new CelError(`network address parse error during conversion from string: netip.ParsePrefix(${quoted}): ${cidrProblem(text)}`);
  if (text.includes(':') && cidr.address.family === 4) throw new CelError(`IPv4-mapped IPv6 address ${JSON.stringify(text.split('/')[0])} is not allowed`);
  return new CelCidr(cidr);
}

function cidrProblem(text: string): string {
  if (!text.includes('/')) return "no '/'";
  const [address, bits] = text.split('/') as [string, string];
  if (!parseIp(address)) return `ParseAddr(${JSON.stringify(address)}): unable to parse IP`;
  return /^\d{1,3}$/.test(bits) && !bits.startsWith('0') ? 'prefix length out of range' : `bad bits after slash: ${JSON.stringify(bits)}`;
}

function parses(read: (text: string) => unknown): (text: string) => boolean {
  return (text) => {
    try {
      read(text);
      return true;
    } catch (error) {
      if (error instanceof CelError) return false;
      throw error;
    }
  };
}

const within = (address: IpAddress, ...blocks: string[]): boolean => blocks.some((block) => cidrContains(parseCidr(block)!, address));

const KINDS: readonly (readonly [string, (address: IpAddress) => boolean])[] = [
  ['isUnspecified', (address) => address.value === 0n],
  ['isLoopback', (address) => within(address, '127.0.0.0/8', '::1/128')],
  ['isLinkLocalMulticast', (address) => within(address, '224.0.0.0/24', 'ff02::/16')],
  ['isLinkLocalUnicast', (address) => within(address, '169.254.0.0/16', 'fe80::/10')],
  [
    'isGlobalUnicast',
    (address) =>
      address.value !== 0n && !within(address, '127.0.0.0/8', '::1/128', '224.0.0.0/4', 'ff00::/8', '169.254.0.0/16', 'fe80::/10', '255.255.255.255/32'),
  ],
];

function masked({ cidr }: CelCidr): CelCidr {
  return new CelCidr({ address: cidrStart(cidr), bits: cidr.bits });
}

const holds = ({ cidr }: CelCidr, other: Cidr): boolean => other.bits >= cidr.bits && cidrContains(cidr, other.address);
const bySize = ([text]: readonly Value[]): number => Math.ceil(sizeOf(text!) * TRAVERSAL);

const ips: Library = [
  fn('ip', [[STRING], IP], toIp, bySize),
  fn('isIP', [[STRING], BOOL], parses(toIp), bySize),
  fn('ip.isCanonical', [[STRING], BOOL], (text: string) => formatIp(toIp(text).address) === text, bySize),
  method('family', [[IP], INT], ({ address }: CelIp) => BigInt(address.family)),
  fn('string', [[IP], STRING], ({ address }: CelIp) => formatIp(address)),
  ...KINDS.map(([name, test]): Declaration => method(name, [[IP], BOOL], ({ address }: CelIp) => test(address))),
];

const cidrs: Library = [
  fn('cidr', [[STRING], CIDR], toCidr, bySize),
  fn('isCIDR', [[STRING], BOOL], parses(toCidr), bySize),
  fn('string', [[CIDR], STRING], cidrText),
  method('containsIP', [[CIDR, IP], BOOL], ({ cidr }: CelCidr, { address }: CelIp) => cidrContains(cidr, address)),
  method('containsIP', [[CIDR, STRING], BOOL], ({ cidr }: CelCidr, text: string) => cidrContains(cidr, toIp(text).address)),
  method('containsCIDR', [[CIDR, CIDR], BOOL], (one: CelCidr, { cidr }: CelCidr) => holds(one, cidr)),
  method('containsCIDR', [[CIDR, STRING], BOOL], (one: CelCidr, text: string) => holds(one, toCidr(text).cidr)),
  method('ip', [[CIDR], IP], ({ cidr }: CelCidr) => new CelIp(cidr.address)),
  method('masked', [[CIDR], CIDR], masked),
  method('prefixLength', [[CIDR], INT], ({ cidr }: CelCidr) => BigInt(cidr.bits)),
];

/** `ip`, `isIP`, `cidr`, `containsIP`, … */
export const network: Library = [...ips, ...cidrs];
