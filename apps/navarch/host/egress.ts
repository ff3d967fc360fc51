/**
 * Lets a cluster reach the network through the host: translation of the nodes' addresses and forwarding for exactly the two interfaces
 * concerned. Kept in one nftables table named after the cluster.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '#network/command.ts';
import { ipJson } from '#network/ip.ts';
import { nftApply } from '#network/nft.ts';
import type { Fabric } from './fabric.ts';
import { listDirectory } from './files.ts';
import { fabricNames, RUN_ROOT } from './names.ts';

/** One file per cluster and interface whose forwarding we switched on; the cluster's own interface is always there, and is written first. */
const FORWARDING = join(RUN_ROOT, '.forwarding');

const forwardingSysctl = (port: string): string => `/proc/sys/net/ipv4/conf/${port}/forwarding`;

const table = (fabric: Fabric): string => {
  const { netns } = fabricNames(fabric.name);
  const port = fabric.hostInterface;
  return `
table ip ${netns} {}
delete table ip ${netns}
table ip ${netns} {
  chain forward {
    type filter hook forward priority 0;
    iifname "${port}" oifname "nv-*" drop
    oifname "${port}" ct state established,related accept
    oifname "${port}" drop
  }
  chain postrouting {
    type nat hook postrouting priority 100;
    ip saddr ${fabric.nodeCidr} oifname != "${port}" masquerade
  }
}
`;
};

/** Opens the way out. */
export async function enableEgress(fabric: Fabric, signal: AbortSignal): Promise<void> {
  const uplinks = await ipJson<{ dev?: string }>(['-4', 'route', 'show', 'default'], {}, signal);
  await mkdir(FORWARDING, { recursive: true, mode: 0o755 });
  for (const port of new Set([fabric.hostInterface, ...uplinks.flatMap(({ dev }) => dev ?? [])])) {
    const sysctl = forwardingSysctl(port);
    const shared = (await listDirectory(FORWARDING)).some((entry) => entry.startsWith(`${port}@`));
    const wasOn = !shared && (await readFile(sysctl, 'utf8')).trim() === '1';
    if (wasOn && port !== fabric.hostInterface) continue;
    await writeFile(join(FORWARDING, `${port}@${fabric.name}`), '');
    await writeFile(sysctl, '1');
  }
  await nftApply(table(fabric), undefined, signal);
  await allowThroughFirewall(fabric, signal);
}

/** Closes it and restores what was switched on, unless another cluster still needs it. Does nothing when it was never opened. */
export async function disableEgress(name: string, signal: AbortSignal): Promise<void> {
  const { netns, hostInterface } = fabricNames(name);
  const ours = (await listDirectory(FORWARDING)).filter((entry) => entry.endsWith(`@${name}`));
  if (ours.length === 0) return;
  await nftApply(`table ip ${netns} {}\ndelete table ip ${netns}\n`, undefined, signal);
  for (const entry of ours) {
    await rm(join(FORWARDING, entry), { force: true });
    const port = entry.slice(0, entry.lastIndexOf('@'));
    const shared = (await listDirectory(FORWARDING)).some((other) => other.startsWith(`${port}@`));
    if (!shared && port !== hostInterface) await writeFile(forwardingSysctl(port), '0');
  }
  for (const rule of await firewallRules(name, signal)) {
    await runCommand({ file: 'iptables', args: ['-w', '-D', ...rule] }, {}, signal);
  }
}

/** A host whose FORWARD policy is DROP (Docker sets it) would drop a cluster's traffic whatever our own table says. */
async function allowThroughFirewall(fabric: Fabric, signal: AbortSignal): Promise<void> {
  if (!(await forwardRules(signal)).some((line) => line === '-P FORWARD DROP')) return;
  const comment = ['-m', 'comment', '--comment', fabricNames(fabric.name).netns, '-j', 'ACCEPT'];
  for (const direction of ['-i', '-o']) {
    await runCommand({ file: 'iptables', args: ['-w', '-I', 'FORWARD', direction, fabric.hostInterface, ...comment] }, {}, signal);
  }
}

async function firewallRules(name: string, signal: AbortSignal): Promise<string[][]> {
  const { netns, hostInterface } = fabricNames(name);
  const lines = (await forwardRules(signal)).filter((line) => line.includes(` ${hostInterface} `) && line.includes(netns));
  return lines.map((line) =>
    line
      .split(' ')
      .slice(1)
      .map((word) => word.replaceAll('"', '')),
  );
}

/** The host's FORWARD chain in iptables' own words; empty without iptables, or when nothing ever used it. */
async function forwardRules(signal: AbortSignal): Promise<string[]> {
  const tables = existsSync('/proc/net/ip_tables_names') ? await readFile('/proc/net/ip_tables_names', 'utf8') : '';
  const nft = await runCommand({ file: 'nft', args: ['list', 'tables', 'ip'] }, {}, signal);
  if (!tables.includes('filter') && !/^table ip filter$/m.test(nft)) return [];
  // Without the program, whoever made the table has to let the cluster through.
  if (!existsSync('/usr/sbin/iptables') && !existsSync('/sbin/iptables')) return [];
  return (await runCommand({ file: 'iptables', args: ['-w', '-S', 'FORWARD'] }, {}, signal)).split('\n');
}
