/**
 * `startSimulatedNodes`: many nodes in one process that need no containers. They register, renew their leases and move their pods through
 * stages, directly at the API: for machines without root or Linux, for tests, and for fleets of any size.
 */
import type { Clock } from '#base/clock.ts';
import type { Logger } from '#base/log.ts';
import type { Random } from '#base/random.ts';
import type { Client } from '#client/client.ts';
import type { InformerFactory } from '#client/informer.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { podStagesOf } from './data-stages.ts';
import { createFleet, type FleetNode, type NodeState } from './fleet.ts';
import { Heartbeats } from './heartbeats.ts';
import type { Lifecycle } from './lifecycle.ts';
import { NodeStages } from './node-stages.ts';
import { Stager } from './stager.ts';
import { podStages } from './stages.ts';

/** What simulated nodes need. */
export interface SimulatedNodesOptions {
  readonly client: Client;
  readonly informers: InformerFactory;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** How many, or their names. */
  readonly nodes: number | readonly string[];
  /** As `nodeInfo.kubeletVersion` shows it. */
  readonly version: string;
  /** Of each node; quantities by resource name. Default: 32 CPUs, 256 GiB, 110 pods. */
  readonly capacity?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** What happens to pods and nodes, before what happens to them anyway. */
  readonly lifecycle?: Lifecycle;
}

/** Running simulated nodes. */
export interface SimulatedNodes extends AsyncDisposable {
  readonly names: readonly string[];
  /** The node stops, and its containers with it; they start anew after `recover`. @throws Error when there is no such node. */
  crash(name: string): void;
  /** The node no longer reaches the API server; its containers go on. @throws Error when there is no such node. */
  isolate(name: string): void;
  /** Ends a crash or an isolation. @throws Error when there is no such node. */
  recover(name: string): void;
}

const DEFAULT_CAPACITY = { cpu: '32', memory: '256Gi', 'ephemeral-storage': '1Ti', pods: '110' };

/** Starts the nodes; they register as soon as the API answers. */
export async function startSimulatedNodes(options: SimulatedNodesOptions): Promise<SimulatedNodes> {
  const { client, clock, random, log, informers, version, lifecycle, labels = {} } = options;
  const names = typeof options.nodes === 'number' ? Array.from({ length: options.nodes }, (_, index) => `node-${index + 1}`) : options.nodes;
  const fleet = createFleet(names);
  const shape = { version, labels, capacity: { ...DEFAULT_CAPACITY, ...options.capacity }, kubeletPort: 0 };
  const nodeInformer = informers.of(nodes);
  const current = (name: string) => nodeInformer.lister.get(name);
  const heartbeats = new Heartbeats({ client, clock, random, log, fleet: fleet.values(), shape, current });
  const stager = new Stager({ client, clock, random, log, stages: podStages(lifecycle && podStagesOf(lifecycle)), fleet, podCidr: (name) => current(name)?.spec.podCIDR });
  const subscription = informers.of(pods).listen({ added: (pod) => stager.see(pod), updated: (pod) => stager.see(pod), deleted: (pod) => stager.forget(pod) });
  const nodeStages = lifecycle && new NodeStages({ client, clock, random, log, lifecycle, fleet });
  const nodeSubscription = nodeStages && nodeInformer.listen({ added: (node) => nodeStages.see(node), updated: (node) => nodeStages.see(node), deleted: ({ metadata }) => nodeStages.forget(metadata.name ?? '') });
  const change = (name: string, state: NodeState): void => {
    const node: FleetNode | undefined = fleet.get(name);
    if (!node) throw new Error(`there is no simulated node "${name}"`);
    if (state === 'up' && node.state === 'crashed') stager.restart(name);
    node.state = state;
    if (state === 'up') stager.resume(name);
  };
  return {
    names,
    crash: (name) => change(name, 'crashed'),
    isolate: (name) => change(name, 'isolated'),
    recover: (name) => change(name, 'up'),
    async [Symbol.asyncDispose]() {
      subscription[Symbol.dispose]();
      nodeSubscription?.[Symbol.dispose]();
      await nodeStages?.[Symbol.asyncDispose]();
      await heartbeats[Symbol.asyncDispose]();
      await stager[Symbol.asyncDispose]();
    },
  };
}
