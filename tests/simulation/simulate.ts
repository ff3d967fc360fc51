/**
 * One seed: random users and random mishaps on a cluster under simulated time, checked after every step and at rest.
 */
import { cronJobs } from '#kinds/batch/cron-job/kind.ts';
import { namespaces } from '#kinds/core/namespace/kind.ts';
import { resourceQuotas } from '#kinds/core/resource-quota/kind.ts';
import { podDisruptionBudgets } from '#kinds/policy/pod-disruption-budget/kind.ts';
import { StatusError } from '#machinery/status.ts';
import { ALWAYS, AT_REST, type Check, CHECKED_KINDS } from './checks.ts';
import { MISHAPS, recoverNode } from './mishaps.ts';
import { NAMESPACES, OPERATIONS, QUOTA_PODS } from './operations.ts';
import { never, openWorld, type World } from './world.ts';

/** How long a simulation is. */
export interface SimulationOptions {
  /** Steps before everything heals; default 20. */
  readonly steps?: number;
}

/** What a seed showed. */
export interface SimulationResult {
  readonly seed: number;
  readonly violations: readonly string[];
  /** What was done, step by step. */
  readonly journal: readonly string[];
  readonly simulatedMs: number;
  readonly podChanges: number;
}

const DEFAULT_STEPS = 20;
/** Longer than every back-off (1,000 s) and toleration: when nothing changes for this long, nothing will. */
const REST = '17m';
const REST_WITHIN = '3h';

/** Runs `seed`. The same seed does the same in every run. */
export async function simulate(seed: number, { steps = DEFAULT_STEPS }: SimulationOptions = {}): Promise<SimulationResult> {
  await using world = await openWorld(seed);
  const { cluster, journal } = world;
  const startMs = cluster.clock.now();
  let violations: readonly string[] = [];
  try {
    await prepare(world);
    for (let step = 0; step < steps && violations.length === 0; step++) violations = await takeStep(world, step);
    if (violations.length === 0) violations = await comeToRest(world);
  } catch (error) {
    violations = [...world.violations, error instanceof Error ? (error.stack ?? error.message) : String(error)];
  }
  return { seed, violations, journal, simulatedMs: cluster.clock.now() - startMs, podChanges: world.podChanges.length };
}

async function prepare(world: World): Promise<void> {
  for (const kind of CHECKED_KINDS) world.list(kind as never);
  for (const name of NAMESPACES) await world.client.of(namespaces).create({ metadata: { name } }, {}, never);
  await world.client.of(resourceQuotas).namespace('limited').create({ metadata: { name: 'quota' }, spec: { hard: { pods: String(QUOTA_PODS) } } }, {}, never);
  await world.cluster.advance('2s');
}

function weighted<T extends { readonly weight: number }>({ random }: World, from: readonly T[]): T {
  let at = random.int(from.reduce((sum, { weight }) => sum + weight, 0));
  for (const one of from) if ((at -= one.weight) < 0) return one;
  return from[0]!;
}

async function takeStep(world: World, step: number): Promise<readonly string[]> {
  const { random, cluster, journal } = world;
  for (let i = random.int(4); i >= 0; i--) {
    const operation = weighted(world, OPERATIONS);
    journal.push(`${step}: ${operation.name}`);
    try {
      await operation.run(world);
    } catch (error) {
      if (!(error instanceof StatusError) || error.code >= 500) throw error;
      journal.push(`  refused: ${error.message.slice(0, 200)}`);
    }
  }
  if (random.next() < 0.6) {
    const mishap = weighted(world, MISHAPS);
    journal.push(`${step}: ${mishap.name}`);
    mishap.run(world);
  }
  const seconds = random.next() < 0.1 ? 60 + random.int(360) : random.int(20);
  journal.push(`${step}: ${seconds} s pass`);
  await cluster.advance(`${seconds}s${random.int(1000)}ms`);
  return failures(world, ALWAYS);
}

async function comeToRest(world: World): Promise<readonly string[]> {
  const { cluster, journal, mishaps, client } = world;
  journal.push('everything heals');
  cluster.faults.clear();
  mishaps.clear();
  for (const name of world.down.keys()) recoverNode(world, name);
  // What never rests by nature, and what may forbid what is wanted for ever.
  for (const namespace of NAMESPACES) {
    await client.of(cronJobs).namespace(namespace).deleteCollection({}, never);
    await client.of(podDisruptionBudgets).namespace(namespace).deleteCollection({}, never);
  }
  await client.of(resourceQuotas).namespace('limited').patch('quota', { type: 'merge', body: { spec: { hard: { pods: '1000' } } } }, {}, never);
  await cluster.runUntilIdle({ quiet: REST, within: REST_WITHIN });
  return failures(world, AT_REST);
}

function failures(world: World, checks: readonly Check[]): string[] {
  return checks.flatMap((check) => [...check(world)]);
}
