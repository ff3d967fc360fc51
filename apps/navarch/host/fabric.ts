/**
 * The network of one cluster on this machine, apart from the machine's own:
 *
 *     host ── nv-1a2b3c4d ═══ host ┐
 *                                  br0   namespace navarch-NAME (bridge, no routes, no forwarding)
 *     namespace navarch-NAME.n-1 ── n11 ┘
 *       eth0 10.89.C.11
 *
 * The host is on the nodes' network with the first address. Nothing for node, pod or service addresses can leave by the machine's own
 * interfaces: routes that say `unreachable` stand behind the one through `nv-…`, and what arrives from a node is not forwarded.
 */
import { access, mkdir, realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addressAt, type Cidr, formatCidr, parseCidr } from '#network/cidr.ts';
import { runCommand } from '#network/command.ts';
import { ipBatch, ipJson } from '#network/ip.ts';
import { entering, isPinned } from '#network/namespaces.ts';
import { ROUTE_PROTOCOL } from '#network/routes.ts';
import { UserError } from '../cluster/spec.ts';
import { disableEgress, enableEgress } from './egress.ts';
import { exclusively } from './exclusive.ts';
import { listDirectories, listDirectory, readJson, writeJson } from './files.ts';
import { exposeLoopback, hideLoopback } from './loopback.ts';
import { ensurePrivateMount, releasePrivateMount } from './mounts.ts';
import { fabricNames, hostsFile, RUN_ROOT } from './names.ts';
import { removeNode } from './node.ts';
import { heldSubnets, indexOfSubnet, releaseSubnets, reserveSubnet } from './subnet.ts';

/** What a fabric is made from. */
export interface FabricSpec {
  readonly name: string;
  /** The cluster's own directory: it remembers the subnet there, and it tells clusters of the same name apart. */
  readonly directory: string;
  readonly egress: 'on' | 'off';
  readonly podCidr: string;
  readonly serviceCidr: string;
  readonly dnsIp: string;
  /** TCP ports of this machine's loopback that nodes may use, at the host's address (a registry on localhost). */
  readonly loopbackPorts: readonly number[];
}

/** A fabric that exists. */
export interface Fabric extends FabricSpec {
  readonly netnsPath: string;
  /** Range of the nodes' addresses. */
  readonly nodeCidr: string;
  /** The host as nodes and pods see it: the API server listens here. */
  readonly hostAddress: string;
  readonly hostInterface: string;
  /** Where nodes send what is for nobody in the cluster. */
  readonly gateway: string;
}

/**
 * Behind every real route. A cluster adds the number of its subnet, so that clusters with the same pod range have routes of their own and do not
 * remove each other's.
 */
const UNREACHABLE_METRIC = 4_000_000_000;
/** Priority of the rule that stops forwarding from a cluster: after `local` (0), before `main`. */
const RULE_PRIORITY = 1_089;
const HOST_OFFSET = 1;
const SINK_OFFSET = 254;

const hostLines = (fabric: Fabric): string[] => {
  const { hostInterface: port } = fabric;
  const metric = UNREACHABLE_METRIC + indexOfSubnet(parseCidr(fabric.nodeCidr)!);
  return [
    ...[fabric.nodeCidr, fabric.podCidr, fabric.serviceCidr].map(
      (range) => `route replace unreachable ${range} metric ${metric} proto ${ROUTE_PROTOCOL}`,
    ),
    ...(fabric.egress === 'off' ? [`rule add pref ${RULE_PRIORITY} iif ${port} unreachable`] : []),
    `netns add ${fabricNames(fabric.name).netns}`,
    `link add ${port} type veth peer name host netns ${fabricNames(fabric.name).netns}`,
    `link set ${port} addrgenmode none`,
    `addr add ${fabric.hostAddress}/24 dev ${port}`,
    `link set ${port} up`,
  ];
};

/** The bridge's own packet filter hooks stay off: frames between nodes are filtered in the nodes. */
const fabricScript = (fabric: Fabric): string => `
set -e
echo 0 > /proc/sys/net/ipv4/ip_forward
if [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ]; then echo 0 > /proc/sys/net/bridge/bridge-nf-call-iptables; fi
ip -batch - <<END
link set lo up
link add br0 type bridge
link set br0 addrgenmode none
link set host master br0 up
addr add ${addressAt(parseCidr(fabric.nodeCidr)!, SINK_OFFSET)}/24 dev br0
link set br0 up
END
nft -f - <<END
table inet navarch-sink {
  chain forward {
    type filter hook forward priority 0; policy drop;
  }
}
END
`;

/** Makes the fabric, or answers the one that already stands. A half-made or different one of this cluster is removed first. @throws UserError */
export async function createFabric(spec: FabricSpec, signal: AbortSignal): Promise<Fabric> {
  return await exclusively(spec.name, () => createOnce(spec, signal), signal);
}

async function createOnce(spec: FabricSpec, signal: AbortSignal): Promise<Fabric> {
  const names = fabricNames(spec.name);
  const present = await readJson<Fabric>(names.stateFile);
  if (present && present.directory !== spec.directory && (await isPinned(names.netnsPath))) {
    throw new UserError(
      `a cluster "${spec.name}" of ${present.directory} already runs on this machine; choose another --name, or delete that one first`,
    );
  }
  if (present && (await stands(present, spec))) return present;
  await removeFabric(spec.name, signal);
  await mkdir(names.runDirectory, { recursive: true, mode: 0o755 });
  await ensurePrivateMount(RUN_ROOT, signal);
  const fabric = await describe(spec, signal);
  await ipBatch(hostLines(fabric), {}, signal);
  // Router advertisements from inside a cluster must not configure the host.
  await writeSysctl(`net/ipv6/conf/${fabric.hostInterface}/disable_ipv6`, '1');
  await runCommand(entering({ net: fabric.netnsPath }, { file: 'sh', args: ['-s'] }), { input: fabricScript(fabric) }, signal);
  if (fabric.egress === 'on') await enableEgress(fabric, signal);
  await exposeLoopback(fabric, fabric.loopbackPorts, signal);
  await writeFile(
    hostsFile(spec.name),
    `127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n${fabric.hostAddress} host.navarch.internal\n`,
  );
  await writeJson(names.stateFile, fabric);
  return fabric;
}

/** The fabric of a cluster when it stands, complete. */
export async function readFabric(name: string): Promise<Fabric | undefined> {
  const fabric = await readJson<Fabric>(fabricNames(name).stateFile);
  return fabric && (await stands(fabric, fabric)) ? fabric : undefined;
}

/**
 * Removes the fabric and every node on it: processes, containers' control groups, mounts, namespaces, interfaces, routes, packet filter tables.
 * Does nothing when there is nothing. The subnet stays reserved until `forgetFabric`.
 */
export async function removeFabric(name: string, signal: AbortSignal): Promise<void> {
  const names = fabricNames(name);
  const nodes = await nodesOnMachine(name);
  // Simulated clusters never made anything, perhaps on machines without the tools to remove it.
  const places = [names.runDirectory, names.netnsPath, `/sys/class/net/${names.hostInterface}`];
  if (nodes.length === 0 && !(await Promise.all(places.map(exists))).includes(true) && (await heldSubnets(name)).length === 0) return;
  await Promise.all(nodes.map((node) => removeNode(name, node, signal)));
  await disableEgress(name, signal);
  await hideLoopback(name, signal);
  const metrics = new Set((await heldSubnets(name)).map((index) => UNREACHABLE_METRIC + index));
  const [routes, rules] = await Promise.all([
    ipJson<{ type?: string; dst: string; metric?: number }>(['-4', 'route', 'show', 'proto', String(ROUTE_PROTOCOL)], {}, signal),
    ipJson<{ priority: number; iif?: string }>(['rule', 'show'], {}, signal),
  ]);
  const barriers = routes.filter(({ metric }) => metric !== undefined && metrics.has(metric));
  const ours = rules.filter((rule) => rule.priority === RULE_PRIORITY && rule.iif === names.hostInterface);
  await ipBatch(
    [
      `link del ${names.hostInterface}`,
      `netns del ${names.netns}`,
      ...ours.map(() => `rule del pref ${RULE_PRIORITY} iif ${names.hostInterface}`),
      ...barriers.map(({ dst, metric }) => `route del unreachable ${dst} metric ${metric} proto ${ROUTE_PROTOCOL}`),
    ],
    { force: true },
    signal,
  );
  await rm(names.runDirectory, { recursive: true, force: true });
}

/** Gives back what a stopped cluster still holds on the machine (its subnet). For `delete`, after `removeFabric`. */
export async function forgetFabric(name: string, signal: AbortSignal): Promise<void> {
  await releaseSubnets(name);
  const others = (await listDirectory(RUN_ROOT)).filter((entry) => !entry.startsWith('.'));
  if (others.length > 0) return;
  await releasePrivateMount(RUN_ROOT, signal);
  await rm(RUN_ROOT, { recursive: true, force: true });
}

/** The cluster directory that a standing fabric belongs to, as long as it exists: clusters of several navarch homes may have the same name. */
export async function fabricOwner(name: string): Promise<string | undefined> {
  const directory = (await readJson<Fabric>(fabricNames(name).stateFile))?.directory;
  return directory !== undefined && (await exists(directory)) ? await realpath(directory) : undefined;
}

/** Clusters that left something on this machine although their directory is gone: `removeFabric` and `forgetFabric` clean up after them. */
export async function orphanedFabrics(): Promise<string[]> {
  const clusters = (await listDirectories(RUN_ROOT)).filter((entry) => !entry.startsWith('.'));
  const orphaned = await Promise.all(
    clusters.map(async (name) => {
      const directory = (await readJson<Fabric>(fabricNames(name).stateFile))?.directory;
      return directory === undefined || !(await exists(directory));
    }),
  );
  return clusters.filter((_, position) => orphaned[position]);
}

/** Nodes that left anything on this machine: a run directory or a namespace. */
async function nodesOnMachine(cluster: string): Promise<string[]> {
  const { netns, runDirectory } = fabricNames(cluster);
  const pinned = (await listDirectory('/run/netns')).filter((entry) => entry.startsWith(`${netns}.`)).map((entry) => entry.slice(netns.length + 1));
  return [...new Set([...pinned, ...(await listDirectories(runDirectory))])];
}

async function stands(fabric: Fabric, spec: FabricSpec): Promise<boolean> {
  const same = (['directory', 'egress', 'podCidr', 'serviceCidr', 'dnsIp'] as const).every((key) => fabric[key] === spec[key]);
  return (
    same &&
    String(fabric.loopbackPorts) === String(spec.loopbackPorts) &&
    (await isPinned(fabric.netnsPath)) &&
    (await exists(`/sys/class/net/${fabric.hostInterface}`))
  );
}

async function describe(spec: FabricSpec, signal: AbortSignal): Promise<Fabric> {
  const memory = join(spec.directory, 'network.json');
  const remembered = parseCidr((await readJson<{ nodeCidr: string }>(memory))?.nodeCidr ?? '');
  const { name } = spec;
  const nodeCidr = await reserveSubnet(name, await rangesInUse(fabricNames(name).hostInterface, signal), remembered);
  await writeJson(memory, { nodeCidr: formatCidr(nodeCidr) });
  return {
    name,
    directory: spec.directory,
    egress: spec.egress,
    podCidr: spec.podCidr,
    serviceCidr: spec.serviceCidr,
    dnsIp: spec.dnsIp,
    loopbackPorts: spec.loopbackPorts,
    netnsPath: fabricNames(name).netnsPath,
    hostInterface: fabricNames(name).hostInterface,
    nodeCidr: formatCidr(nodeCidr),
    hostAddress: addressAt(nodeCidr, HOST_OFFSET),
    gateway: addressAt(nodeCidr, spec.egress === 'on' ? HOST_OFFSET : SINK_OFFSET),
  };
}

/**
 * Ranges the machine has routes for, other than this cluster's. Those of other clusters count even when they hold a reservation: a cluster made
 * inside a container that shares the network reserves where we cannot see it.
 */
async function rangesInUse(ownInterface: string, signal: AbortSignal): Promise<Cidr[]> {
  const routes = await ipJson<{ dst: string; dev?: string; metric?: number }>(['-4', 'route', 'show', 'table', 'all'], {}, signal);
  return routes
    .filter((route) => route.dev !== ownInterface && (route.metric ?? 0) < UNREACHABLE_METRIC)
    .map((route) => parseCidr(route.dst))
    .filter((range) => range !== undefined);
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

async function writeSysctl(path: string, value: string): Promise<void> {
  const file = `/proc/sys/${path}`;
  if (await exists(file)) await writeFile(file, value);
}
