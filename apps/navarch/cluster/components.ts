/**
 * How each process of a cluster is started: prepares what it needs and writes its configuration file.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFabric, type Fabric, type FabricSpec } from '../host/fabric.ts';
import { containerdCommand } from '../host/containerd.ts';
import { loopbackPorts } from '../host/loopback.ts';
import { createNode, describeNode, inNode, type NodeHome } from '../host/node.ts';
import { type AgentConfiguration, CONFIG_VERSION, type ServerConfiguration } from '../configuration.ts';
import { nodeNames } from './inspect.ts';
import { LARGE_HEAP, ownCommand, SERVER_HEAP, SMALL_HEAP } from './own-command.ts';
import type { ClusterPaths } from './paths.ts';
import type { ClusterSpec } from './spec.ts';
import type { Command } from './supervisor.ts';

/** The fabric that a cluster with real containers needs. */
export function fabricSpec(paths: ClusterPaths, spec: ClusterSpec): FabricSpec {
  const { name, egress, podCidr, serviceCidr, dnsIp } = spec;
  return { name, directory: paths.directory, egress, podCidr, serviceCidr, dnsIp, loopbackPorts: loopbackPorts(spec.registries) };
}


/** A command per component, as the supervisor asks for it. */
export function componentCommands(paths: ClusterPaths, spec: ClusterSpec): (component: string) => Promise<Command> {
  const signal = AbortSignal.timeout(2 ** 31 - 1);
  return async (component) => {
    const fabric = spec.runtime === 'containerd' ? await createFabric(fabricSpec(paths, spec), signal) : undefined;
    if (component === 'server') return serverCommand(paths, spec, fabric);
    const [node, part] = component.split('/') as [string, string];
    const home = await createNode(fabric!, { name: node, index: nodeNames(spec.nodes).indexOf(node), dataDirectory: join(paths.nodes, node) }, signal);
    if (part === 'containerd') return containerdCommand(home, { registries: spec.registries, hostAddress: fabric!.hostAddress });
    return inNode(home, await agentCommand(spec, home));
  };
}

/** Above so many simulated nodes. */
const LARGE_FLEET = 500;

/** Where the server listens and what it is told. */
async function serverCommand(paths: ClusterPaths, spec: ClusterSpec, fabric: Fabric | undefined): Promise<Command> {
  const loopback = { host: '127.0.0.1', port: spec.apiPort };
  const onFabric = fabric && { host: fabric.hostAddress, port: spec.apiPort };
  const nodes = fabric && nodeNames(spec.nodes).map((name, index) => describeNode(fabric, { name, index, dataDirectory: join(paths.nodes, name) }));
  const configuration: ServerConfiguration = {
    kind: 'ServerConfiguration',
    apiVersion: CONFIG_VERSION,
    clusterName: spec.name,
    directory: paths.directory,
    listen: onFabric ? [loopback, onFabric] : [loopback],
    advertiseAddress: onFabric ?? loopback,
    podCidr: spec.podCidr,
    serviceCidr: spec.serviceCidr,
    dnsIp: spec.dnsIp,
    clusterDomain: spec.clusterDomain,
    ...(spec.store ? { store: spec.store } : {}),
    ...(nodes ? { nodes: nodes.map(({ name, address }) => ({ name, address })) } : { simulatedNodes: spec.nodes }),
    ...(spec.lifecycleFile === undefined ? {} : { simulatedLifecycleFile: spec.lifecycleFile }),
  };
  const file = join(paths.directory, 'server.json');
  await writeFile(file, `${JSON.stringify(configuration, undefined, 2)}\n`, { mode: 0o600 });
  return ownCommand(['server', '--config', file], spec.runtime === 'simulated' && spec.nodes > LARGE_FLEET ? LARGE_HEAP : SERVER_HEAP);
}

/** Nodes of one machine share its disk with everything else there: a disk that others fill is no reason to end pods or to remove images that no registry may bring back. */
const SHARED_DISK: Pick<AgentConfiguration, 'imageGCHighThresholdPercent' | 'evictionHard'> = {
  imageGCHighThresholdPercent: 100,
  evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '0%', 'nodefs.inodesFree': '0%', 'imagefs.available': '0%', 'imagefs.inodesFree': '0%' },
};

async function agentCommand(spec: ClusterSpec, home: NodeHome): Promise<Command> {
  const { containerdSocket, cniDirectory, ipamDirectory, cgroupRoot, upstreamResolvConf, runDirectory } = home;
  const configuration: AgentConfiguration = {
    kind: 'AgentConfiguration',
    apiVersion: CONFIG_VERSION,
    nodeName: home.name,
    nodeAddress: home.address,
    directory: home.dataDirectory,
    runDirectory,
    containerdSocket,
    cniDirectory,
    ipamDirectory,
    cgroupRoot,
    upstreamResolvConf,
    podCidr: spec.podCidr,
    serviceCidr: spec.serviceCidr,
    dnsIp: spec.dnsIp,
    clusterDomain: spec.clusterDomain,
    ...(spec.egress === 'on' ? { egress: true } : {}),
    ...SHARED_DISK,
  };
  await mkdir(home.dataDirectory, { recursive: true, mode: 0o700 });
  const file = join(home.dataDirectory, 'agent.json');
  await writeFile(file, `${JSON.stringify(configuration, undefined, 2)}\n`, { mode: 0o600 });
  return ownCommand(['agent', '--config', file], SMALL_HEAP);
}
