/**
 * The one table of the proxy, and the parts of it that never change:
 *
 *     packet ─ prerouting/output (nat) ─ services ─┬ service-ips   VIP . proto . port ─▸ svc-… | ext-…
 *                                                  └ service-nodeports   proto . port ─▸ ext-…
 *            ─ forward/output/input (filter) ─ without-endpoints ─▸ refuse | drop
 *            ─ postrouting (nat) ─ masquerade when marked, or when a backend reached itself
 */
import type { Family } from './family.ts';

/** Name of the table. */
export const TABLE = 'navarch-proxy';
/** Bit of the packet mark that asks for translation of the source. */
export const MASQUERADE_MARK = '0x4000';

/** Maps and sets whose elements services add. */
export type ElementSet = 'service-ips' | 'service-nodeports' | 'no-endpoint-ips' | 'no-endpoint-nodeports' | 'firewalled-ips' | 'hairpins';

/** A script that makes the table anew, empty of services; the old one goes in the same transaction. */
export function emptyTable(family: Family): string {
  const { ip, addressType } = family;
  const target = `${ip} daddr . meta l4proto . th dport vmap`;
  const nodePort = 'meta l4proto . th dport vmap';
  return `table ${ip} ${TABLE} {}
delete table ${ip} ${TABLE}
table ${ip} ${TABLE} {
  map service-ips { type ${addressType} . inet_proto . inet_service : verdict; }
  map service-nodeports { type inet_proto . inet_service : verdict; }
  map no-endpoint-ips { type ${addressType} . inet_proto . inet_service : verdict; }
  map no-endpoint-nodeports { type inet_proto . inet_service : verdict; }
  map firewalled-ips { type ${addressType} . inet_proto . inet_service : verdict; }
  set hairpins { type ${addressType} . ${addressType}; }
  chain refuse {
    meta l4proto tcp reject with tcp reset
    ${family.icmpReject}
  }
  chain mark-for-masquerade {
    meta mark set meta mark or ${MASQUERADE_MARK}
  }
  chain services {
    ${target} @service-ips
    fib daddr type local ${nodePort} @service-nodeports
  }
  chain without-endpoints {
    ${target} @no-endpoint-ips
    fib daddr type local ${nodePort} @no-endpoint-nodeports
  }
  chain firewall {
    ${target} @firewalled-ips
  }
  chain filter-prerouting {
    type filter hook prerouting priority -110;
    ct state new jump firewall
  }
  chain filter-output-before {
    type filter hook output priority -110;
    ct state new jump firewall
  }
  chain filter-input {
    type filter hook input priority 0;
    ct state new jump without-endpoints
  }
  chain filter-forward {
    type filter hook forward priority 0;
    ct state new jump without-endpoints
  }
  chain filter-output {
    type filter hook output priority 0;
    ct state new jump without-endpoints
  }
  chain nat-prerouting {
    type nat hook prerouting priority -100;
    jump services
  }
  chain nat-output {
    type nat hook output priority -100;
    jump services
  }
  chain nat-postrouting {
    type nat hook postrouting priority 100;
    meta mark and ${MASQUERADE_MARK} == ${MASQUERADE_MARK} meta mark set meta mark xor ${MASQUERADE_MARK} masquerade fully-random
    ct status dnat ${ip} saddr . ${ip} daddr @hairpins masquerade fully-random
  }
}
`;
}
