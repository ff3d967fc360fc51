/**
 * A node of the cluster as a place on this machine: a network, mount and host name of its own, joined to the fabric. Containerd and the agent
 * are started inside; the namespaces are pinned by files, so they outlive both.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { StatusError } from '#machinery/status.ts';
import { addressAt, parseCidr } from '#network/cidr.ts';
import { type CommandLine, runCommand } from '#network/command.ts';
import { ipBatch } from '#network/ip.ts';
import { entering, isPinned } from '#network/namespaces.ts';
import { UserError } from '../cluster/spec.ts';
import { removeControlGroups } from './cgroups.ts';
import { exclusively } from './exclusive.ts';
import type { Fabric } from './fabric.ts';
import { readJson, writeJson } from './files.ts';
import { fabricNames, hostsFile, nodeNames } from './names.ts';
import { nodePacketFilter } from './node-filter.ts';
import { endProcessesIn } from './processes.ts';
import { upstreamNameservers } from './resolver.ts';

/** What a node is made from. */
export interface NodeSpec {
  readonly name: string;
  /** 0 for the first node: decides its address. */
  readonly index: number;
  /** What the node keeps across `down` and reboots: images, pod logs, kubelet state. */
  readonly dataDirectory: string;
}

/** A node that exists on this machine. All paths are the same inside and outside of it. */
export interface NodeHome extends NodeSpec {
  readonly cluster: string;
  readonly address: string;
  readonly netnsPath: string;
  readonly mountPath: string;
  readonly utsPath: string;
  /** Sockets, network configuration and other things that must not survive a reboot. */
  readonly runDirectory: string;
  /** Under this control group the kubelet makes its `kubepods`. */
  readonly cgroupRoot: string;
  readonly containerdSocket: string;
  /** Where the agent writes the CNI configuration when it knows its pod range. */
  readonly cniDirectory: string;
  /** Where the CNI plugins remember addresses they gave out. */
  readonly ipamDirectory: string;
  /** A resolv.conf with the outside name servers (none with egress off): for pods with `dnsPolicy: Default`, and for the DNS server to forward to. */
  readonly upstreamResolvConf: string;
}

/** The first node's address is this many places into the range. */
const FIRST_NODE_OFFSET = 11;
/** Leaves room for the sink at 254. */
const MAX_NODES = 240;

/** The command that runs `command` inside the node. */
export function inNode(home: NodeHome, command: CommandLine): CommandLine {
  return entering({ net: home.netnsPath, mount: home.mountPath, uts: home.utsPath }, command);
}

/** Makes the node, or answers the one that already stands. @throws UserError, StatusError */
export async function createNode(fabric: Fabric, spec: NodeSpec, signal: AbortSignal): Promise<NodeHome> {
  return await exclusively(`${fabric.name}.${spec.name}`, () => createOnce(fabric, spec, signal), signal);
}

async function createOnce(fabric: Fabric, spec: NodeSpec, signal: AbortSignal): Promise<NodeHome> {
  if (spec.index >= MAX_NODES)
    throw new UserError(`a cluster has at most ${MAX_NODES} nodes with real containers on one machine; --runtime simulated has no such limit`);
  const home = describeNode(fabric, spec);
  const names = nodeNames(fabric.name, spec.name);
  if ((await readJson(names.stateFile)) !== undefined && (await isPinned(home.mountPath)) && (await isPinned(home.netnsPath))) return home;
  await removeNode(fabric.name, spec.name, signal);
  await prepareDirectories(fabric, home, signal);
  const cable = `n${FIRST_NODE_OFFSET + spec.index}`;
  await ipBatch(
    [
      `netns add ${names.netns}`,
      `link add ${cable} type veth peer name eth0 netns ${names.netns}`,
      `link set ${cable} addrgenmode none`,
      `link set ${cable} master br0 up`,
    ],
    { netns: fabric.netnsPath },
    signal,
  );
  await makeNamespaces(fabric, home, signal);
  await writeJson(names.stateFile, home);
  return home;
}

/**
 * Makes and pins the node's mount and UTS namespaces and runs the node's script inside. A mount namespace can be pinned only from one with a
 * smaller identifier. Kernels from 6.18 on give identifiers out per processor, so inside a container a new one may be smaller than the container's
 * own: on the processor where that was made it never is, hence a try on each.
 */
async function makeNamespaces(fabric: Fabric, home: NodeHome, signal: AbortSignal): Promise<void> {
  const unshare = ['unshare', `--mount=${home.mountPath}`, `--uts=${home.utsPath}`, '--propagation', 'slave', 'sh', '-s'];
  const processors = cpus().map((_, index) => ['taskset', '--cpu-list', String(index)]);
  for (const [tries, prefix] of [[], ...processors].entries()) {
    const [file, ...args] = [...prefix, ...unshare];
    try {
      await runCommand(entering({ net: home.netnsPath }, { file: file!, args }), { input: nodeScript(fabric, home) }, signal);
      return;
    } catch (error) {
      if (tries === processors.length || !(error instanceof StatusError) || !error.message.includes('Invalid argument')) throw error;
      await unpin(home, signal);
    }
  }
}

async function unpin({ mountPath, utsPath }: Pick<NodeHome, 'mountPath' | 'utsPath'>, signal: AbortSignal): Promise<void> {
  const pins: string[] = [];
  for (const path of [mountPath, utsPath]) if (await isPinned(path)) pins.push(path);
  if (pins.length > 0) await runCommand({ file: 'umount', args: pins }, {}, signal);
}

/** The address of the node numbered `index` in a cluster whose nodes have the range `nodeCidr`. */
export function nodeAddressOf(nodeCidr: string, index: number): string {
  return addressAt(parseCidr(nodeCidr)!, FIRST_NODE_OFFSET + index);
}

/** The node as it would be, from names alone. */
export function describeNode(fabric: Fabric, spec: NodeSpec): NodeHome {
  const { netnsPath, mountPath, utsPath, runDirectory, cgroupRoot } = nodeNames(fabric.name, spec.name);
  return {
    ...spec,
    cluster: fabric.name,
    address: nodeAddressOf(fabric.nodeCidr, spec.index),
    netnsPath,
    mountPath,
    utsPath,
    runDirectory,
    cgroupRoot,
    containerdSocket: join(runDirectory, 'containerd.sock'),
    cniDirectory: join(runDirectory, 'cni'),
    ipamDirectory: join(runDirectory, 'ipam'),
    upstreamResolvConf: join(runDirectory, 'upstream-resolv.conf'),
  };
}

/**
 * Ends everything that runs in the node (containers too) and removes its namespaces, interfaces, mounts and control groups. What is in its data
 * directory stays. Does nothing when there is nothing.
 */
export async function removeNode(cluster: string, node: string, signal: AbortSignal): Promise<void> {
  const names = nodeNames(cluster, node);
  const home = await readJson<NodeHome>(names.stateFile);
  await endProcessesIn({ namespaces: [names.netnsPath, names.mountPath], cgroup: names.cgroupRoot }, signal);
  await removeControlGroups(names.cgroupRoot, signal);
  await unpin(names, signal);
  if (existsSync(names.netnsPath)) await ipBatch([`netns del ${names.netns}`], { force: true }, signal);
  await rm(names.runDirectory, { recursive: true, force: true });
  if (home && existsSync(fabricNames(cluster).stateFile)) await editHosts(cluster, home.name, [], signal);
}

async function prepareDirectories(fabric: Fabric, home: NodeHome, signal: AbortSignal): Promise<void> {
  await Promise.all(
    [home.cniDirectory, home.ipamDirectory, home.dataDirectory, '/run/netns', '/run/containerd'].map((path) =>
      mkdir(path, { recursive: true, mode: 0o755 }),
    ),
  );
  const upstreams = fabric.egress === 'on' ? await upstreamNameservers() : [];
  const lines = (servers: readonly string[]): string => servers.map((server) => `nameserver ${server}\n`).join('');
  await Promise.all([
    writeFile(home.mountPath, ''),
    writeFile(home.utsPath, ''),
    writeFile(home.upstreamResolvConf, lines(upstreams)),
    // The C library tries the next server when the first does not answer, so image pulls work before cluster DNS does.
    writeFile(join(home.runDirectory, 'resolv.conf'), lines([fabric.dnsIp, ...upstreams].slice(0, 3))),
    editHosts(fabric.name, home.name, [hostLine(home)], signal),
  ]);
}

/**
 * Runs once, inside the new namespaces. The DNS address is the node's own, so its server answers before the service proxy has made any rule.
 * All values are addresses, ranges or names that were checked, so nothing needs quoting.
 */
const nodeScript = (fabric: Fabric, home: NodeHome): string => `
set -e
echo ${home.name} > /proc/sys/kernel/hostname
mount --make-rshared /
if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi
mount -t tmpfs -o mode=755 navarch /run/netns
mount -t tmpfs -o mode=711 navarch /run/containerd
if [ -e /etc/hosts ]; then mount --bind ${hostsFile(home.cluster)} /etc/hosts; fi
if [ -e /etc/resolv.conf ]; then mount --bind ${join(home.runDirectory, 'resolv.conf')} /etc/resolv.conf; fi
ip -batch - <<END
link set lo up
addr add ${fabric.dnsIp}/32 dev lo
link set eth0 addrgenmode none
addr add ${home.address}/24 dev eth0
link set eth0 up
route add default via ${fabric.gateway}
END
cd /proc/sys/net
echo 1 > ipv4/ip_forward
for name in all default eth0; do
  echo 0 > ipv4/conf/$name/send_redirects
  echo 0 > ipv4/conf/$name/rp_filter
done
if [ -e bridge/bridge-nf-call-iptables ]; then echo 1 > bridge/bridge-nf-call-iptables; fi
if [ -e netfilter/nf_conntrack_tcp_be_liberal ]; then echo 1 > netfilter/nf_conntrack_tcp_be_liberal; fi
nft -f - <<END
${nodePacketFilter(fabric)}
END
`;

const hostLine = (home: NodeHome): string => `${home.address} ${home.name}`;

/** Replaces a node's lines in the hosts file, which the nodes share by bind mount: so it is written in place, one change at a time. */
async function editHosts(cluster: string, node: string, lines: readonly string[], signal: AbortSignal): Promise<void> {
  const path = hostsFile(cluster);
  await exclusively(
    `${cluster}..hosts`,
    async () => {
      const others = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '' && line.split(' ')[1] !== node);
      await writeFile(path, [...others, ...lines].map((line) => `${line}\n`).join(''));
    },
    signal,
  );
}
