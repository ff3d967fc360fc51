/**
 * What must hold in every cluster: always, and once everything has come to rest.
 */
import { daemonSets } from '#kinds/apps/daemon-set/kind.ts';
import { deployments } from '#kinds/apps/deployment/kind.ts';
import { replicaSets } from '#kinds/apps/replica-set/kind.ts';
import { statefulSets } from '#kinds/apps/stateful-set/kind.ts';
import { jobs } from '#kinds/batch/job/kind.ts';
import type { Job } from '#kinds/batch/job/schema.ts';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import { namespaces } from '#kinds/core/namespace/kind.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { resourceQuotas } from '#kinds/core/resource-quota/kind.ts';
import { services } from '#kinds/core/service/kind.ts';
import { endpointSlices } from '#kinds/discovery/endpoint-slice/kind.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { timeToMs } from '#machinery/time.ts';
import { MISSED, NODE_PODS, type World } from './world.ts';

/** Answers what is wrong, in words. */
export type Check = (world: World) => Iterable<string>;

/** Kinds that checks read: their informers must run from the start. */
export const CHECKED_KINDS: readonly Kind<never>[] = [daemonSets, deployments, replicaSets, statefulSets, jobs, configMaps, namespaces, nodes, pods, resourceQuotas, services, endpointSlices] as unknown as readonly Kind<never>[];

const nameOf = ({ kind, metadata }: KubeObject): string => `${kind} ${metadata.namespace ? `${metadata.namespace}/` : ''}${metadata.name}`;
const isOver = ({ status }: Pod): boolean => status.phase === 'Succeeded' || status.phase === 'Failed';
const isReady = ({ status }: Pod): boolean => status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false;
const ownedBy = (world: World, { metadata: { uid } }: KubeObject): Pod[] => world.list(pods).filter(({ metadata }) => metadata.ownerReferences?.some((one) => one.uid === uid && one.controller));

/** Pods that count: not those that have ended, nor those whose grace period has passed on a node that nobody reaches. */
function countedBy(world: World, quota: KubeObject): Pod[] {
  const nowMs = world.cluster.clock.now();
  const isLost = ({ deletionTimestamp, deletionGracePeriodSeconds = 0 }: Pod['metadata']): boolean => deletionTimestamp !== undefined && timeToMs(deletionTimestamp) + deletionGracePeriodSeconds * 1000 < nowMs;
  return world.list(pods).filter((pod) => pod.metadata.namespace === quota.metadata.namespace && !isOver(pod) && !isLost(pod.metadata));
}

function* quotaKept(world: World): Generator<string> {
  for (const quota of world.list(resourceQuotas)) {
    const allowed = Number(quota.spec.hard?.['pods']);
    const counted = countedBy(world, quota);
    if (counted.length > allowed) yield `${nameOf(quota)} allows ${allowed} pods, there are ${counted.length}: ${counted.map(nameOf).join(', ')}`;
  }
}

/** One pod per node address and port space: two running pods must not share an address. */
function* addressesUnique(world: World): Generator<string> {
  const byIp = new Map<string, Pod>();
  for (const pod of world.list(pods)) {
    if (pod.status.phase !== 'Running' || !pod.status.podIP) continue;
    const other = byIp.get(pod.status.podIP);
    if (other) yield `${nameOf(pod)} and ${nameOf(other)} share the address ${pod.status.podIP}`;
    byIp.set(pod.status.podIP, pod);
  }
}

function* nodesNotOverfull(world: World): Generator<string> {
  const count = new Map<string, number>();
  for (const pod of world.list(pods)) if (!isOver(pod) && pod.spec.nodeName) count.set(pod.spec.nodeName, (count.get(pod.spec.nodeName) ?? 0) + 1);
  for (const [node, held] of count) if (held > NODE_PODS) yield `${node} has ${held} pods, it takes ${NODE_PODS}`;
}

/** An index of a job succeeds once, and no more pods succeed than are wanted. */
function* completionsExact(world: World): Generator<string> {
  for (const job of world.list(jobs)) {
    const { completions = 1, completionMode } = job.spec;
    if ((job.status.succeeded ?? 0) > completions) yield `${nameOf(job)} counts ${job.status.succeeded} successes of ${completions}`;
    if (completionMode !== 'Indexed') continue;
    const { completedIndexes = '' } = job.status;
    const held = indexCount(completedIndexes);
    if (held > completions) yield `${nameOf(job)} completed the indexes ${completedIndexes} of ${completions}`;
  }
}

function indexCount(text: string): number {
  return text.split(',').filter(Boolean).reduce((sum, part) => {
    const [first = '', last = first] = part.split('-');
    return sum + Number(last) - Number(first) + 1;
  }, 0);
}

function* alreadyFound({ violations }: World): Generator<string> {
  yield* violations;
}

/** Hold at every moment. */
export const ALWAYS: readonly Check[] = [quotaKept, addressesUnique, nodesNotOverfull, completionsExact, alreadyFound];

function* deploymentsConverged(world: World): Generator<string> {
  for (const one of world.list(deployments)) {
    if (one.metadata.deletionTimestamp) continue;
    const { replicas = 1 } = one.spec;
    const { status } = one;
    if (status.observedGeneration !== one.metadata.generation) yield `${nameOf(one)} was not observed`;
    if ((status.replicas ?? 0) !== replicas || (status.updatedReplicas ?? 0) !== replicas || (status.availableReplicas ?? 0) !== replicas)
      yield `${nameOf(one)} wants ${replicas}, has ${JSON.stringify({ ...status, conditions: undefined })}`;
  }
}

function* setsConverged(world: World): Generator<string> {
  for (const one of [...world.list(replicaSets), ...world.list(statefulSets)]) {
    if (one.metadata.deletionTimestamp) continue;
    const { replicas = 1 } = one.spec;
    const live = ownedBy(world, one).filter((pod) => !isOver(pod) && !pod.metadata.deletionTimestamp);
    if (live.length !== replicas) yield `${nameOf(one)} wants ${replicas} pods, has ${live.length}: ${live.map(nameOf).join(', ')}`;
    if ((one.status.replicas ?? 0) !== live.length) yield `${nameOf(one)} says ${one.status.replicas} replicas, has ${live.length}`;
    if ((one.status.readyReplicas ?? 0) !== live.filter(isReady).length) yield `${nameOf(one)} says ${one.status.readyReplicas} are ready, ${live.filter(isReady).length} are`;
  }
  for (const one of world.list(daemonSets)) {
    if (one.metadata.deletionTimestamp) continue;
    const count = world.list(nodes).length;
    const live = ownedBy(world, one).filter((pod) => !isOver(pod));
    if (live.length !== count || one.status.numberReady !== count) yield `${nameOf(one)} has ${live.length} pods, says ${one.status.numberReady} are ready, on ${count} nodes`;
  }
}

const condition = (job: Job, type: string): boolean => job.status.conditions?.some((one) => one.type === type && one.status === 'True') ?? false;

function* jobsEnded(world: World): Generator<string> {
  for (const job of world.list(jobs)) {
    if (job.metadata.deletionTimestamp || job.spec.suspend) continue;
    const { completions = 1 } = job.spec;
    if (!condition(job, 'Complete') && !condition(job, 'Failed')) yield `${nameOf(job)} has not ended: ${JSON.stringify(job.status)}`;
    if (condition(job, 'Complete') && job.status.succeeded !== completions) yield `${nameOf(job)} is complete with ${job.status.succeeded} of ${completions}`;
    if (job.status.active) yield `${nameOf(job)} has ended, and ${job.status.active} pods are active`;
    if (job.status.uncountedTerminatedPods?.succeeded?.length || job.status.uncountedTerminatedPods?.failed?.length) yield `${nameOf(job)} has uncounted pods`;
  }
  for (const pod of world.list(pods)) {
    if (isOver(pod) && pod.metadata.finalizers?.includes('batch.kubernetes.io/job-tracking')) yield `${nameOf(pod)} has ended and keeps its finalizer`;
  }
}

/** Everything whose owners are all gone has gone too. */
function* noOrphans(world: World): Generator<string> {
  const all = [deployments, replicaSets, statefulSets, daemonSets, jobs, configMaps, pods, nodes, services, endpointSlices].flatMap((kind) => world.list(kind as unknown as Kind));
  const uids = new Set(all.map(({ metadata }) => metadata.uid));
  const known = new Set(['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'ConfigMap', 'Pod', 'Node', 'Service']);
  for (const object of all) {
    const owners = (object.metadata.ownerReferences ?? []).filter(({ kind }) => known.has(kind));
    if (owners.length > 0 && owners.every(({ uid }) => !uids.has(uid))) yield `${nameOf(object)} has outlived its owners ${owners.map(({ kind, name }) => `${kind} ${name}`).join(', ')}`;
  }
}

function* nothingStuck(world: World): Generator<string> {
  for (const kind of CHECKED_KINDS) {
    for (const object of world.list(kind as unknown as Kind)) {
      if (object.metadata.deletionTimestamp) yield `${nameOf(object)} is being deleted since ${object.metadata.deletionTimestamp}: ${JSON.stringify(object.metadata.finalizers ?? [])}`;
    }
  }
  for (const pod of world.list(pods)) if (pod.status.phase === 'Pending') yield `${nameOf(pod)} is pending: ${JSON.stringify(pod.status.conditions)}`;
}

function* nodesReady(world: World): Generator<string> {
  for (const node of world.list(nodes)) {
    if (!node.status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True')) yield `${nameOf(node)} is not ready`;
    if (node.spec.taints?.length) yield `${nameOf(node)} is tainted: ${JSON.stringify(node.spec.taints)}`;
  }
}

function* endpointsTrue(world: World): Generator<string> {
  for (const service of world.list(services)) {
    const { selector } = service.spec;
    if (!selector) continue;
    const wanted = world
      .list(pods)
      .filter((pod) => pod.metadata.namespace === service.metadata.namespace && Object.entries(selector).every(([key, value]) => pod.metadata.labels?.[key] === value))
      .filter((pod) => isReady(pod) && !isOver(pod))
      .map((pod) => pod.status.podIP ?? '')
      .toSorted();
    const found = world
      .list(endpointSlices)
      .filter(({ metadata }) => metadata.namespace === service.metadata.namespace && metadata.labels?.['kubernetes.io/service-name'] === service.metadata.name)
      .flatMap(({ endpoints }) => (endpoints ?? []).filter(({ conditions }) => conditions?.ready).flatMap(({ addresses }) => addresses))
      .toSorted();
    if (wanted.join() !== found.join()) yield `${nameOf(service)} has the endpoints ${found.join()}, its pods are ${wanted.join()}`;
  }
}

function* quotaCounted(world: World): Generator<string> {
  for (const quota of world.list(resourceQuotas)) {
    const held = countedBy(world, quota).length;
    if (quota.status.used?.['pods'] !== String(held)) yield `${nameOf(quota)} counts ${quota.status.used?.['pods']} pods, there are ${held}`;
  }
}

/** A watch that broke and was resumed has shown what a whole one has. */
function* watchesEqual({ watched: { broken, whole } }: World): Generator<string> {
  for (let i = 0; i < Math.max(broken.length, whole.length); i++) {
    if (broken[i] === MISSED) return;
    if (broken[i] === whole[i]) continue;
    yield `event ${i} of the watches differs: ${broken[i]} instead of ${whole[i]}`;
    return;
  }
}

/** Hold once nothing fails and nothing changes any more. */
export const AT_REST: readonly Check[] = [...ALWAYS, deploymentsConverged, setsConverged, jobsEnded, noOrphans, nothingStuck, nodesReady, endpointsTrue, quotaCounted, watchesEqual];
