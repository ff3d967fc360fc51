/**
 * What users of a simulated cluster do, at random: few names, so that they meet.
 */
import { daemonSets } from '#kinds/apps/daemon-set/kind.ts';
import { deployments } from '#kinds/apps/deployment/kind.ts';
import { replicaSets } from '#kinds/apps/replica-set/kind.ts';
import { statefulSets } from '#kinds/apps/stateful-set/kind.ts';
import { cronJobs } from '#kinds/batch/cron-job/kind.ts';
import { jobs } from '#kinds/batch/job/kind.ts';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import { namespaces } from '#kinds/core/namespace/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { services } from '#kinds/core/service/kind.ts';
import { podDisruptionBudgets } from '#kinds/policy/pod-disruption-budget/kind.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { StatusError } from '#machinery/status.ts';
import { COMPLETE_AFTER, EXIT_CODE, READY_AFTER, START_AFTER, STOP_AFTER } from '#runtimes/simulated/annotations.ts';
import { never, type World } from './world.ts';

/** Where users work; `limited` has a quota. */
export const NAMESPACES = ['blue', 'limited', 'green'] as const;
/** How many pods the quota of `limited` allows. */
export const QUOTA_PODS = 6;

/** Something a user does; refusals by the API are part of life. */
export interface Operation {
  readonly name: string;
  readonly weight: number;
  run(world: World): Promise<unknown>;
}

const pick = <T>({ random }: World, from: readonly T[]): T => from[random.int(from.length)]!;
const chance = ({ random }: World, part: number): boolean => random.next() < part;
const namespaceOf = (world: World): string => pick(world, NAMESPACES);
const nameOf = (world: World, prefix: string): string => `${prefix}-${world.random.int(2)}`;

function podTemplate(world: World, app: string) {
  const annotations = {
    ...(chance(world, 0.3) ? { [START_AFTER]: String(world.random.int(10)) } : {}),
    ...(chance(world, 0.3) ? { [READY_AFTER]: String(world.random.int(15)) } : {}),
    ...(chance(world, 0.3) ? { [STOP_AFTER]: String(world.random.int(20)) } : {}),
  };
  const container = { name: 'c', image: `image:${world.random.int(3)}`, resources: { requests: { cpu: pick(world, ['100m', '500m', '1']) } } };
  return { metadata: { labels: { app }, annotations }, spec: { containers: [container] } };
}

async function randomOf<T extends KubeObject>(world: World, kind: Kind<T>): Promise<T | undefined> {
  const { items } = await world.client.of(kind).namespace(namespaceOf(world)).list({}, never);
  return items.length > 0 ? pick(world, items) : undefined;
}

function creates(kind: Kind<never>, weight: number, make: (world: World) => { readonly metadata: { readonly name: string }; readonly spec: unknown }): Operation {
  const run = async (world: World): Promise<unknown> => {
    const namespace = namespaceOf(world);
    const object = make(world);
    world.journal.push(`  ${kind.plural} ${namespace}/${object.metadata.name} ${JSON.stringify(object.spec).slice(0, 200)}`);
    return world.client.of(kind as unknown as Kind).namespace(namespace).create(object as never, {}, never);
  };
  return { name: `create ${kind.plural}`, weight, run };
}

function scales(kind: Kind<never>, weight: number, most: number): Operation {
  const run = async (world: World): Promise<unknown> => {
    const object = await randomOf(world, kind as unknown as Kind);
    return object && world.client.of(kind as unknown as Kind).namespace(object.metadata.namespace!).patch(object.metadata.name!, { type: 'merge', body: { spec: { replicas: world.random.int(most + 1) } } }, {}, never);
  };
  return { name: `scale ${kind.plural}`, weight, run };
}

function rollsOut(kind: Kind<never>, weight: number): Operation {
  const run = async (world: World): Promise<unknown> => {
    const object = await randomOf(world, kind as unknown as Kind);
    const body = { spec: { template: { spec: { containers: [{ name: 'c', image: `image:${world.random.int(5)}` }] } } } };
    return object && world.client.of(kind as unknown as Kind).namespace(object.metadata.namespace!).patch(object.metadata.name!, { type: 'strategic', body }, {}, never);
  };
  return { name: `roll out ${kind.plural}`, weight, run };
}

function deletes(kind: Kind<never>, weight: number): Operation {
  const run = async (world: World): Promise<unknown> => {
    const object = await randomOf(world, kind as unknown as Kind);
    const propagationPolicy = pick(world, ['Foreground', 'Background', 'Orphan'] as const);
    world.journal.push(`  ${kind.plural} ${object?.metadata.namespace}/${object?.metadata.name} ${propagationPolicy}`);
    return object && world.client.of(kind as unknown as Kind).namespace(object.metadata.namespace!).delete(object.metadata.name!, kind.plural === 'pods' ? {} : { propagationPolicy }, never);
  };
  return { name: `delete ${kind.plural}`, weight, run };
}

const kindOf = (kind: unknown): Kind<never> => kind as Kind<never>;

const workload = (world: World, prefix: string, most: number) => {
  const name = nameOf(world, prefix);
  return { metadata: { name }, spec: { replicas: world.random.int(most + 1), selector: { matchLabels: { app: name } }, template: podTemplate(world, name) } };
};

function job(world: World) {
  const name = nameOf(world, 'job');
  const template = podTemplate(world, name);
  const annotations = { ...template.metadata.annotations, [COMPLETE_AFTER]: String(1 + world.random.int(20)), ...(chance(world, 0.2) ? { [EXIT_CODE]: '1' } : {}) };
  const spec = {
    completions: 1 + world.random.int(5),
    parallelism: 1 + world.random.int(3),
    backoffLimit: world.random.int(3),
    completionMode: pick(world, ['Indexed', 'NonIndexed'] as const),
    template: { metadata: { ...template.metadata, annotations }, spec: { ...template.spec, restartPolicy: 'Never' } },
  };
  return { metadata: { name }, spec };
}

async function dependents(world: World): Promise<unknown> {
  const maps = world.client.of(configMaps).namespace(namespaceOf(world));
  const owner = await maps.create({ metadata: { generateName: 'owner-' } }, {}, never);
  const reference = (of: typeof owner) => ({ apiVersion: 'v1', kind: 'ConfigMap', name: of.metadata.name!, uid: of.metadata.uid!, blockOwnerDeletion: chance(world, 0.5) });
  const middle = await maps.create({ metadata: { generateName: 'middle-', ownerReferences: [reference(owner)] } }, {}, never);
  await maps.create({ metadata: { generateName: 'leaf-', ownerReferences: chance(world, 0.5) ? [reference(middle)] : [reference(middle), reference(owner)] } }, {}, never);
  return chance(world, 0.7) ? maps.delete(owner.metadata.name!, { propagationPolicy: pick(world, ['Foreground', 'Background'] as const) }, never) : undefined;
}

async function evict(world: World): Promise<unknown> {
  const pod = await randomOf(world, pods);
  if (!pod) return undefined;
  const { name = '', namespace = '' } = pod.metadata;
  try {
    return await world.client.of(pods).namespace(namespace).sub('POST', name, 'eviction', { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } }, never);
  } catch (error) {
    // The documented answer where budgets overlap is a 500; every other one is a failure.
    if (error instanceof StatusError && error.message.includes('more than one PodDisruptionBudget')) return undefined;
    throw error;
  }
}

const isReady = ({ status }: Pod): boolean => status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false;

/** Evicts everything that a budget protects, all at once: no more may go than it allows. Meaningful while nothing else disturbs. */
async function evictProtected(world: World): Promise<unknown> {
  const { client, cluster, violations } = world;
  const budget = await randomOf(world, podDisruptionBudgets);
  if (!budget || world.mishaps.size > 0 || world.down.size > 0) return undefined;
  await cluster.advance('100ms');
  const { namespace = '', name = '' } = budget.metadata;
  const { minAvailable } = budget.spec;
  const { matchLabels = {} } = budget.spec.selector ?? {};
  const { items } = await client.of(pods).namespace(namespace).list({ labelSelector: Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`).join(',') }, never);
  const healthy = items.filter((pod) => isReady(pod) && !pod.metadata.deletionTimestamp);
  const results = await Promise.allSettled(healthy.map(({ metadata }) => client.of(pods).namespace(namespace).sub('POST', metadata.name!, 'eviction', { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: metadata.name, namespace } }, never)));
  const evicted = results.filter(({ status }) => status === 'fulfilled').length;
  if (evicted > 0 && healthy.length - evicted < Number(minAvailable)) violations.push(`budget ${namespace}/${name} wants ${String(minAvailable)} pods: of ${healthy.length}, ${evicted} were evicted`);
  return undefined;
}

async function deleteNamespace(world: World): Promise<unknown> {
  // Made again by `createNamespace`, once it is gone.
  return world.client.of(namespaces).delete('green', {}, never);
}

/** Everything users do. */
export const OPERATIONS: readonly Operation[] = [
  creates(kindOf(deployments), 6, (world) => workload(world, 'web', 5)),
  creates(kindOf(replicaSets), 2, (world) => workload(world, 'set', 4)),
  creates(kindOf(statefulSets), 6, (world) => {
    const made = workload(world, 'db', 4);
    return { ...made, spec: { ...made.spec, serviceName: 'db', podManagementPolicy: pick(world, ['OrderedReady', 'Parallel'] as const) } };
  }),
  creates(kindOf(daemonSets), 2, (world) => {
    const { metadata, spec } = workload(world, 'agent', 1);
    return { metadata, spec: { selector: spec.selector, template: spec.template } };
  }),
  creates(kindOf(jobs), 6, job),
  creates(kindOf(cronJobs), 1, (world) => {
    const { metadata, spec } = job(world);
    return { metadata: { name: `cron-${metadata.name}` }, spec: { schedule: '*/2 * * * *', concurrencyPolicy: pick(world, ['Allow', 'Forbid', 'Replace'] as const), jobTemplate: { spec } } };
  }),
  creates(kindOf(services), 2, (world) => ({ metadata: { name: nameOf(world, 'web') }, spec: { selector: { app: nameOf(world, 'web') }, ports: [{ port: 80 }] } })),
  creates(kindOf(podDisruptionBudgets), 3, (world) => ({ metadata: { name: nameOf(world, 'budget') }, spec: { minAvailable: 1 + world.random.int(2), selector: { matchLabels: { app: nameOf(world, pick(world, ['web', 'db', 'set'])) } } } })),
  scales(kindOf(deployments), 4, 6),
  scales(kindOf(statefulSets), 4, 5),
  scales(kindOf(replicaSets), 1, 5),
  rollsOut(kindOf(deployments), 4),
  rollsOut(kindOf(statefulSets), 3),
  rollsOut(kindOf(daemonSets), 2),
  deletes(kindOf(deployments), 2),
  deletes(kindOf(statefulSets), 2),
  deletes(kindOf(jobs), 2),
  deletes(kindOf(daemonSets), 1),
  deletes(kindOf(cronJobs), 2),
  deletes(kindOf(pods), 4),
  deletes(kindOf(podDisruptionBudgets), 1),
  { name: 'create dependents', weight: 3, run: dependents },
  { name: 'evict a pod', weight: 5, run: evict },
  { name: 'evict what a budget protects', weight: 3, run: evictProtected },
  { name: 'delete a namespace', weight: 1, run: deleteNamespace },
  { name: 'create a namespace', weight: 1, run: async ({ client }) => client.of(namespaces).create({ metadata: { name: 'green' } }, {}, never) },
];
