/**
 * The pod network of a node as CNI plugins make it: a bridge with addresses from the node's pod range.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addressAt, parseCidr } from './cidr.ts';
import { ipBatch, ipJson } from './ip.ts';

/** What the configuration depends on. */
export interface CniOptions {
  /** containerd reads the configuration here. */
  readonly directory: string;
  /** Where addresses in use are remembered. */
  readonly ipamDirectory: string;
  /** `spec.podCIDRs` of the node. */
  readonly podCidrs: readonly string[];
  /** Whether ports of the node may be mapped to pods: the plugin for it needs an iptables program. */
  readonly portMappings: boolean;
}

/** The bridge that pods of a node are on. */
export const POD_BRIDGE = 'cni0';
const FILE = '10-navarch.conflist';

/** The configuration list. Source: CNI specification 0.4.0 and its reference plugins. */
export function cniConfig(options: Omit<CniOptions, 'directory'>): object {
  const families = new Set(options.podCidrs.map((range) => (range.includes(':') ? '::/0' : '0.0.0.0/0')));
  return {
    cniVersion: '0.4.0',
    name: 'navarch',
    plugins: [
      {
        type: 'bridge',
        bridge: POD_BRIDGE,
        isGateway: true,
        ipMasq: false,
        hairpinMode: true,
        ipam: {
          type: 'host-local',
          dataDir: options.ipamDirectory,
          ranges: options.podCidrs.map((subnet) => [{ subnet }]),
          routes: [...families].map((dst) => ({ dst })),
        },
      },
      ...(options.portMappings ? [{ type: 'portmap', capabilities: { portMappings: true }, snat: true }] : []),
      { type: 'bandwidth', capabilities: { bandwidth: true } },
    ],
  };
}

/**
 * Makes the bridge and writes the configuration, in this order, because containerd reports the network as ready when the file is there.
 * Does nothing when both are as they should be. Runs inside the node. @throws StatusError
 */
export async function writeCniConfig(options: CniOptions, signal: AbortSignal): Promise<void> {
  await ensureBridge(options.podCidrs, signal);
  const path = join(options.directory, FILE);
  const text = `${JSON.stringify(cniConfig(options), undefined, 2)}\n`;
  if ((await readIfPresent(path)) === text) return;
  await Promise.all([options.directory, options.ipamDirectory].map((directory) => mkdir(directory, { recursive: true })));
  // A name without a known extension until it is complete.
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

/** A bridge without ports has no hardware address of its own, and the plugin fails on that: so it gets one, made from its address. */
async function ensureBridge(podCidrs: readonly string[], signal: AbortSignal): Promise<void> {
  const gateways = podCidrs.flatMap((text) => {
    const range = parseCidr(text);
    return range ? [{ address: addressAt(range, 1), prefix: range.prefix }] : [];
  });
  const mac = `0a:58:${(gateways[0]?.address ?? '0.0.0.1')
    .split('.')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join(':')}`;
  const links = await ipJson<{ ifname: string; addr_info: readonly { family: string; local: string; prefixlen: number }[] }>(
    ['-4', 'address', 'show'],
    {},
    signal,
  );
  const present = links.find((link) => link.ifname === POD_BRIDGE);
  const stale = present?.addr_info.filter((old) => !gateways.some(({ address, prefix }) => old.local === address && old.prefixlen === prefix)) ?? [];
  if (!present) await ipBatch([`link add ${POD_BRIDGE} type bridge`], { force: true }, signal);
  await ipBatch(
    [
      `link set ${POD_BRIDGE} address ${mac} addrgenmode none up`,
      // The plugin refuses a bridge with the address of another range (the node was deleted and came back).
      ...stale.map((old) => `address delete ${old.local}/${old.prefixlen} dev ${POD_BRIDGE}`),
      ...gateways.map(({ address, prefix }) => `address replace ${address}/${prefix} dev ${POD_BRIDGE}`),
    ],
    {},
    signal,
  );
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
