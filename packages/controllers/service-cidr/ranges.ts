/**
 * Which addresses lie in which ranges of service addresses.
 */
import type { IPAddress } from '#kinds/networking/ip-address/schema.ts';
import type { ServiceCIDR } from '#kinds/networking/service-cidr/schema.ts';
import { cidrContains, parseCidr, parseIp } from '#machinery/ip.ts';
import type { Cidr } from '#machinery/ip.ts';

const cidrsOf = ({ spec }: ServiceCIDR): Cidr[] => (spec.cidrs ?? []).flatMap((text) => parseCidr(text) ?? []);

const isIn = (address: IPAddress, ranges: readonly Cidr[]): boolean => {
  const ip = parseIp(address.metadata.name ?? '');
  return ip !== undefined && ranges.some((range) => cidrContains(range, ip));
};

/** Whether two ranges have addresses in common. */
export function overlap(a: ServiceCIDR, b: ServiceCIDR): boolean {
  const bs = cidrsOf(b);
  return cidrsOf(a).some((one) => bs.some((other) => cidrContains(one, other.address) || cidrContains(other, one.address)));
}

/** The addresses that lie in `range` and in no other range that stays. */
export function addressesThatNeed(range: ServiceCIDR, all: readonly ServiceCIDR[], addresses: readonly IPAddress[]): readonly IPAddress[] {
  const own = cidrsOf(range);
  const others = all.filter((one) => one.metadata.name !== range.metadata.name && !one.metadata.deletionTimestamp).flatMap(cidrsOf);
  return addresses.filter((address) => isIn(address, own) && !isIn(address, others));
}
