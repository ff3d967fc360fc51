/**
 * The words in which IPv4 and IPv6 rules differ.
 */

/** How one address family is written in nftables. */
export interface Family {
  readonly name: 'IPv4' | 'IPv6';
  /** Family of the table, and prefix of address expressions. */
  readonly ip: 'ip' | 'ip6';
  readonly addressType: 'ipv4_addr' | 'ipv6_addr';
  readonly icmpReject: string;
}

/** IPv4. */
export const IPV4: Family = { name: 'IPv4', ip: 'ip', addressType: 'ipv4_addr', icmpReject: 'reject with icmp type port-unreachable' };

/** IPv6. */
export const IPV6: Family = { name: 'IPv6', ip: 'ip6', addressType: 'ipv6_addr', icmpReject: 'reject with icmpv6 type port-unreachable' };
