/**
 * The packet filter that every node has from its first moment, whatever its agent does: translation of pod addresses that leave the cluster, and
 * an answer instead of silence for what can go nowhere.
 */
import type { Fabric } from './fabric.ts';

/**
 * An nftables script for the node's own namespace.
 *
 * Runs after the service proxy's translation, so an address of the service range that is still a destination belongs to no service.
 */
export function nodePacketFilter(fabric: Pick<Fabric, 'podCidr' | 'nodeCidr' | 'serviceCidr' | 'hostAddress' | 'egress'>): string {
  const { podCidr, nodeCidr, serviceCidr, hostAddress, egress } = fabric;
  const deadEnds = [
    `ip daddr ${serviceCidr} jump refuse`,
    ...(egress === 'off' ? [`ip daddr != { ${podCidr}, ${nodeCidr}, 127.0.0.0/8, 224.0.0.0/4, 255.255.255.255 } jump refuse`] : []),
  ]
    .map((rule) => `    ${rule}`)
    .join('\n');
  return `table ip navarch-node {
  chain refuse {
    meta l4proto tcp reject with tcp reset
    reject with icmp type net-unreachable
  }
  chain forward {
    type filter hook forward priority 0;
    ct state established,related return
${deadEnds}
  }
  chain output {
    type filter hook output priority 0;
    ct state established,related return
    oifname "lo" return
${deadEnds}
  }
  chain postrouting {
    type nat hook postrouting priority 100;
    ip saddr ${podCidr} ip daddr ${hostAddress} masquerade fully-random
    ip saddr ${podCidr} ip daddr != { ${podCidr}, ${nodeCidr}, 224.0.0.0/4 } masquerade fully-random
  }
}`;
}
