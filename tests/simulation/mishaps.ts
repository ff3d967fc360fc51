/**
 * What goes wrong in a simulated cluster, at random, and heals again.
 */
import { FRAIL, type World } from './world.ts';

/** Something that goes wrong. */
export interface Mishap {
  readonly name: string;
  readonly weight: number;
  run(world: World): void;
}

const COMPONENTS = ['kube-controller-manager', 'kube-scheduler', 'kubelet', FRAIL] as const;
const ERRORS = ['Conflict', 'InternalError', 'ServiceUnavailable', 'TooManyRequests'] as const;
const VERBS = ['create', 'update', 'patch', 'delete', 'list', 'get'] as const;

const pick = <T>({ random }: World, from: readonly T[]): T => from[random.int(from.length)]!;

function breakNode(world: World, how: 'crashed' | 'isolated'): void {
  const up = world.nodeNames.filter((name) => !world.down.has(name));
  // A cluster without nodes has nothing to show.
  if (up.length <= 2) return;
  const name = pick(world, up);
  world.journal.push(`  ${name}`);
  world.down.set(name, how);
  if (how === 'crashed') world.cluster.nodes.crash(name);
  else world.cluster.nodes.isolate(name);
}

/** Brings a node back; what ran there unseen is gone by then. */
export function recoverNode(world: World, name: string): void {
  world.down.delete(name);
  const ghosts = world.ghosts as Map<string, string>;
  for (const [pod, node] of ghosts) if (node === name) ghosts.delete(pod);
  world.cluster.nodes.recover(name);
}

/** Ends one mishap that lasts. */
function heal(world: World): void {
  const { mishaps, random } = world;
  const lasting = [...mishaps];
  if (lasting.length === 0) return;
  const healed = lasting[random.int(lasting.length)]!;
  healed[Symbol.dispose]();
  mishaps.delete(healed);
}

/** Everything that goes wrong. */
export const MISHAPS: readonly Mishap[] = [
  { name: 'watches break', weight: 5, run: (world) => void world.cluster.faults.dropWatches({ component: pick(world, COMPONENTS) }) },
  {
    name: 'calls fail',
    weight: 5,
    run(world) {
      const fault = { component: pick(world, COMPONENTS), verb: pick(world, VERBS), error: pick(world, ERRORS), probability: 0.1 + 0.5 * world.random.next() };
      world.journal.push(`  ${JSON.stringify(fault)}`);
      world.mishaps.add(world.cluster.faults.add(fault));
    },
  },
  {
    name: 'answers are lost',
    weight: 3,
    run(world) {
      const fault = { component: pick(world, COMPONENTS), verb: pick(world, ['create', 'update', 'patch', 'delete'] as const), error: 'InternalError', afterEffect: true, times: 1 + world.random.int(3) } as const;
      world.journal.push(`  ${JSON.stringify(fault)}`);
      world.cluster.faults.add(fault);
    },
  },
  {
    name: 'calls are slow',
    weight: 3,
    run(world) {
      const fault = { component: pick(world, COMPONENTS), delay: `${1 + world.random.int(4)}s`, probability: 0.3 };
      world.journal.push(`  ${JSON.stringify(fault)}`);
      world.mishaps.add(world.cluster.faults.add(fault));
    },
  },
  {
    name: 'a component is cut off',
    weight: 2,
    run(world) {
      const component = pick(world, COMPONENTS);
      world.journal.push(`  ${component}`);
      world.mishaps.add(world.cluster.faults.partition(component));
    },
  },
  { name: 'a node crashes', weight: 2, run: (world) => breakNode(world, 'crashed') },
  { name: 'a node is cut off', weight: 2, run: (world) => breakNode(world, 'isolated') },
  {
    name: 'a node comes back',
    weight: 4,
    run(world) {
      const [name] = world.down.keys();
      if (name !== undefined) recoverNode(world, name);
    },
  },
  { name: 'something heals', weight: 8, run: heal },
];
