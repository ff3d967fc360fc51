/**
 * What can be said of a cluster from this machine: its choices and which of its processes live.
 */
import { join } from 'node:path';
import type { Environment } from './paths.ts';
import { isAlive, type ProcessId, readProcessTable, residentBytes } from './processes.ts';
import { pathsOf, readSpec, type RuntimeName } from './spec.ts';

/** A process of the cluster. */
export interface ProcessState {
  readonly pid: number;
  readonly running: boolean;
  /** Resident memory in bytes while running. */
  readonly rssBytes?: number;
}

/** A node as the machine sees it (not as the API does). */
export interface NodeState {
  readonly name: string;
  /** `down`: it lost its agent and runtime together and waits to be started again. */
  readonly state: 'running' | 'degraded' | 'down' | 'stopped';
  readonly agent?: ProcessState;
  readonly containerd?: ProcessState;
}

/** The JSON form of `navarch status` (and an item of `navarch list -o json`). */
export interface ClusterState {
  readonly name: string;
  readonly state: 'running' | 'degraded' | 'stopped';
  readonly runtime: RuntimeName;
  readonly egress: 'on' | 'off';
  readonly api: string;
  readonly kubeconfig: string;
  readonly directory: string;
  readonly context: string;
  readonly server?: ProcessState;
  readonly supervisor?: ProcessState;
  readonly nodes: readonly NodeState[];
}

const processState = (id: ProcessId | undefined): ProcessState | undefined => {
  if (!id) return undefined;
  const running = isAlive(id);
  const rssBytes = running ? residentBytes(id.pid) : undefined;
  return { pid: id.pid, running, ...(rssBytes === undefined ? {} : { rssBytes }) };
};

/** Node names of a cluster of `count` nodes: `node-1` and on. */
export function nodeNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `node-${index + 1}`);
}

/** Looks at the cluster; undefined when there is none of that name. */
export async function inspectCluster(environment: Environment, name: string): Promise<ClusterState | undefined> {
  const paths = await pathsOf(environment, name);
  const spec = await readSpec(paths);
  if (!spec) return undefined;
  const table = await readProcessTable(paths.processes);
  const server = processState(table.components['server']);
  const supervisor = processState(table.components['supervisor']);
  const nodes = nodeNames(spec.nodes).map((node) => nodeState(node, spec.runtime, table.components, table.downNodes.includes(node)));
  const up = [server?.running ?? false, supervisor?.running ?? false, ...(spec.runtime === 'simulated' ? [] : nodes.map((node) => node.state === 'running'))];
  const anyNodeProcess = nodes.some((node) => node.agent?.running || node.containerd?.running);
  return {
    name,
    state: up.every(Boolean) ? 'running' : server?.running || anyNodeProcess ? 'degraded' : 'stopped',
    runtime: spec.runtime,
    egress: spec.egress,
    api: `https://127.0.0.1:${spec.apiPort}`,
    kubeconfig: join(paths.directory, 'kubeconfig'),
    directory: paths.directory,
    context: `navarch-${name}`,
    ...(server ? { server } : {}),
    ...(supervisor ? { supervisor } : {}),
    nodes: spec.runtime === 'simulated' ? nodes.map((node) => ({ name: node.name, state: server?.running ? 'running' : 'stopped' })) : nodes,
  };
}

function nodeState(name: string, runtime: RuntimeName, components: Readonly<Record<string, ProcessId>>, isDown: boolean): NodeState {
  const agent = runtime === 'containerd' ? processState(components[`${name}/agent`]) : undefined;
  const containerd = runtime === 'containerd' ? processState(components[`${name}/containerd`]) : undefined;
  const running = [agent, containerd].filter((one) => one?.running).length;
  const state = isDown ? 'down' : running === 2 ? 'running' : running === 1 ? 'degraded' : 'stopped';
  return { name, state, ...(agent ? { agent } : {}), ...(containerd ? { containerd } : {}) };
}
