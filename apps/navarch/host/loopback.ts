/**
 * Lets nodes reach chosen ports of the host's own loopback (a registry on localhost) at the host's address in the cluster; all others stay closed.
 */
import { writeFile } from 'node:fs/promises';
import { nftApply } from '#network/nft.ts';
import type { Fabric } from './fabric.ts';
import { fabricNames } from './names.ts';

const tableOf = (cluster: string): string => `${fabricNames(cluster).netns}-loopback`;

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/** Whether a URL leads to the machine it is used on. */
export function isLoopback(url: URL): boolean {
  return LOOPBACK_NAMES.includes(url.hostname);
}

/** The URL of a registry given as `HOST[:PORT]` (plain http) or `HOST[:PORT]=URL`. @throws TypeError when it is none. */
export function registryUrl(registry: string): URL {
  const split = registry.indexOf('=');
  return new URL(split < 0 ? `http://${registry}` : registry.slice(split + 1));
}

/** Ports of this machine's loopback that the registries are on. */
export function loopbackPorts(registries: readonly string[]): number[] {
  const urls = registries.map(registryUrl).filter(isLoopback);
  return [...new Set(urls.map(({ port, protocol }) => Number(port) || (protocol === 'https:' ? 443 : 80)))];
}

/** Opens the ports. The kernel then takes loopback addresses from the cluster's cable, so packets that name one themselves are dropped first. */
export async function exposeLoopback(fabric: Fabric, ports: readonly number[], signal: AbortSignal): Promise<void> {
  if (ports.length === 0) return;
  const port = fabric.hostInterface;
  const table = `
table ip ${tableOf(fabric.name)} {
  chain martians {
    type filter hook prerouting priority -300;
    iifname "${port}" ip daddr 127.0.0.0/8 drop
  }
  chain prerouting {
    type nat hook prerouting priority -100;
    iifname "${port}" ip daddr ${fabric.hostAddress} tcp dport { ${ports.join(', ')} } dnat to 127.0.0.1
  }
}
`;
  await nftApply(table, undefined, signal);
  await writeFile(`/proc/sys/net/ipv4/conf/${port}/route_localnet`, '1');
}

/** Closes them; does nothing when none were open. */
export async function hideLoopback(cluster: string, signal: AbortSignal): Promise<void> {
  const table = tableOf(cluster);
  await nftApply(`table ip ${table} {}\ndelete table ip ${table}\n`, undefined, signal);
}
