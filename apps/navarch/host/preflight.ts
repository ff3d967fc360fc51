/**
 * What this machine lacks for nodes with real containers: asked before anything is made, and said in words that tell what to do.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { contains, formatCidr, overlaps, parseCidr } from '#network/cidr.ts';
import { runCommand } from '#network/command.ts';
import { ipJson } from '#network/ip.ts';
import { findProgram, findRuntimes } from './containerd.ts';

/** What was found. */
export interface Preflight {
  /** The cluster cannot run. */
  readonly problems: readonly string[];
  /** It can, but something may surprise. */
  readonly warnings: readonly string[];
}

/** Programs and the Debian packages that bring them. */
const PROGRAMS: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  nft: 'nftables',
  nsenter: 'util-linux',
  unshare: 'util-linux',
  mount: 'mount',
  mountpoint: 'util-linux',
};

const MODULES = ['overlay', 'br_netfilter'];

/** Tries, in a namespace that goes away at once, everything the nodes will ask of the kernel; prints the names of what failed. */
const TRIAL = `
ip link add t0 type veth peer name t1 || echo veth
ip link add t2 type bridge || echo bridge
nft -f - <<END || echo nftables
table ip trial {
  map services { type ipv4_addr . inet_proto . inet_service : verdict; }
  set hairpins { type ipv4_addr . ipv4_addr; }
  set clients { type ipv4_addr; flags dynamic, timeout; timeout 10s; }
  chain refuse { reject with tcp reset; }
  chain nat { type nat hook prerouting priority -100;
    ip daddr . meta l4proto . th dport vmap @services
    fib daddr type local update @clients { ip saddr }
    meta l4proto tcp dnat ip to numgen random mod 2 map { 0 : 10.0.0.1 . 80, 1 : 10.0.0.2 . 80 }
  }
  chain post { type nat hook postrouting priority 100;
    ct status dnat ip saddr . ip daddr @hairpins masquerade fully-random
  }
}
END
`;

const EXPLANATIONS: Readonly<Record<string, string>> = {
  veth: 'the kernel cannot make veth interfaces (module veth)',
  bridge: 'the kernel cannot make bridges (module bridge)',
  nftables:
    'the kernel or the nft program lacks nftables features that services need: NAT, maps, sets, numgen, fib (modules nf_tables, nft_chain_nat, nft_fib_ipv4, nft_numgen)',
  overlay: 'the kernel has no overlay file system (modprobe overlay)',
  br_netfilter: 'the kernel does not filter bridged packets, so services would not work between pods of one node (modprobe br_netfilter)',
};

/** Looks at the machine. Loads kernel modules that are there but not loaded. */
export async function preflight(ranges: { readonly podCidr: string; readonly serviceCidr: string }, signal: AbortSignal): Promise<Preflight> {
  if (process.platform !== 'linux')
    return { problems: ['nodes with real containers need Linux; --runtime simulated works everywhere'], warnings: [] };
  if (process.getuid?.() !== 0) return { problems: ['nodes with real containers need root; --runtime simulated does not'], warnings: [] };
  const missing = Object.entries(PROGRAMS).filter(([program]) => !findProgram(program));
  const problems = missing.map(([program, name]) => `the program ${program} is not installed (Debian: apt-get install ${name})`);
  if (problems.length > 0) return { problems, warnings: [] };
  const [features, containers, groups, overlapping] = await Promise.all([
    kernelProblems(signal),
    containerProblems(),
    cgroupProblems(),
    rangeWarnings(ranges, signal),
  ]);
  return { problems: [...containers, ...features, ...groups], warnings: overlapping };
}

async function containerProblems(): Promise<string[]> {
  try {
    await findRuntimes();
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}

async function kernelProblems(signal: AbortSignal): Promise<string[]> {
  let lacking = await missingModules();
  if (lacking.length > 0 && findProgram('modprobe')) {
    // It says nothing useful when it fails: what counts is what is there afterwards.
    await runCommand({ file: 'modprobe', args: ['-a', ...lacking] }, { okCodes: [0, 1] }, signal);
    lacking = await missingModules();
  }
  const failed = await runCommand({ file: 'unshare', args: ['--net', 'sh', '-s'] }, { input: TRIAL, okCodes: [0, 1, 2] }, signal);
  return [...lacking, ...failed.split('\n').filter(Boolean)].map((feature) => EXPLANATIONS[feature] ?? feature);
}

async function missingModules(): Promise<string[]> {
  const filesystems = await readFile('/proc/filesystems', 'utf8');
  return MODULES.filter((name) =>
    name === 'overlay' ? !/\toverlay$/m.test(filesystems) : !existsSync('/proc/sys/net/bridge/bridge-nf-call-iptables'),
  );
}

async function cgroupProblems(): Promise<string[]> {
  const unified = '/sys/fs/cgroup/cgroup.controllers';
  const wanted = ['cpu', 'memory', 'pids'];
  const present = existsSync(unified)
    ? (await readFile(unified, 'utf8')).trim().split(' ')
    : wanted.filter((name) => existsSync(`/sys/fs/cgroup/${name}/cgroup.procs`));
  const lacking = wanted.filter((name) => !present.includes(name));
  return lacking.length > 0 ? [`the control group controllers ${lacking.join(', ')} are not available under /sys/fs/cgroup`] : [];
}

/** Ranges that mean something else to this machine: while the cluster runs, the machine does not reach those. */
async function rangeWarnings(ranges: { readonly podCidr: string; readonly serviceCidr: string }, signal: AbortSignal): Promise<string[]> {
  const routes = await ipJson<{ dst: string; dev?: string; type?: string }>(['-4', 'route', 'show'], {}, signal);
  const used = routes
    .filter(({ type, dst, dev }) => type !== 'unreachable' && dst !== 'default' && !dev?.startsWith('nv-'))
    .flatMap(({ dst }) => parseCidr(dst) ?? []);
  return Object.entries({ pods: ranges.podCidr, services: ranges.serviceCidr }).flatMap(([what, text]) => {
    const range = parseCidr(text);
    const other = range && used.find((one) => overlaps(one, range));
    if (!range || !other) return [];
    const effect = contains(other, range) ? `while the cluster exists, ${text} there is out of this machine's reach` : 'pods cannot reach it';
    return [`this machine has a route to ${formatCidr(other)}, which overlaps the cluster's ${what} (${text}): ${effect}`];
  });
}
