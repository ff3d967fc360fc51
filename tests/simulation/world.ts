/**
 * What a simulation works on: a cluster under simulated time, everything that has happened in it, and who fails at the moment.
 */
import type { Clock } from '#base/clock.ts';
import { silentLogger } from '#base/log.ts';
import { type Random, seededRandom } from '#base/random.ts';
import type { Client } from '#client/client.ts';
import { createInformerFactory } from '#client/shared-informer.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { type Cluster, startCluster } from '#library/start-cluster.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { StatusError } from '#machinery/status.ts';

/** One change of a pod, as an observer without mishaps sees it. */
export interface PodChange {
  readonly type: 'added' | 'updated' | 'deleted';
  readonly pod: Pod;
}

/** The world of one seed. */
export interface World extends AsyncDisposable {
  readonly cluster: Cluster;
  /** Never fails. */
  readonly client: Client;
  readonly random: Random;
  readonly nodeNames: readonly string[];
  /** Nodes that do not work now, and how. */
  readonly down: Map<string, 'crashed' | 'isolated'>;
  /** Mishaps that last until they are disposed. */
  readonly mishaps: Set<Disposable>;
  readonly podChanges: readonly PodChange[];
  /** `TYPE namespace/name@revision` of pods, as a client with broken watches sees them and as one without. */
  readonly watched: { readonly broken: readonly string[]; readonly whole: readonly string[] };
  /** Pods that may still run on nodes nobody reaches although their objects are gone: node by `namespace/name`. */
  readonly ghosts: ReadonlyMap<string, string>;
  /** What was found wrong while it happened. */
  readonly violations: string[];
  /** What was done, for the report of a failure. */
  readonly journal: string[];
  list<T extends KubeObject>(kind: Kind<T>): readonly T[];
}

/** A signal that never aborts. */
export const never: AbortSignal = new AbortController().signal;

const NODES = 4;
/** How many pods a node takes. */
export const NODE_PODS = 40;
const RESUME_MS = 1_000;
/** Stands for what a client missed whose revision was forgotten. */
export const MISSED = 'missed';
/** Whose watches break: never the observer's. */
export const FRAIL = 'frail-watcher';

/** Opens the world of `seed`. */
export async function openWorld(seed: number): Promise<World> {
  const violations: string[] = [];
  const cluster = await startCluster({
    clock: 'simulated',
    nodes: NODES,
    seed,
    capacity: { cpu: '64', memory: '64Gi', pods: String(NODE_PODS) },
    log(level, message, fields) {
      // A component that fails where nobody meant it to has a fault of its own.
      if (level === 'error' && !/fault on demand|partitioned/.test(JSON.stringify(fields))) violations.push(`logged: ${message} ${JSON.stringify(fields).slice(0, 500)}`);
    },
  });
  const informers = createInformerFactory({ client: cluster.client, clock: cluster.clock, random: seededRandom(seed), log: silentLogger });
  const podChanges: PodChange[] = [];
  const ghosts = new Map<string, string>();
  const down = new Map<string, 'crashed' | 'isolated'>();
  const nameOf = (pod: Pod): string => `${pod.metadata.namespace}/${pod.metadata.name}`;
  informers.of(pods).listen({
    added: (pod) => podChanges.push({ type: 'added', pod }),
    updated(pod, before) {
      podChanges.push({ type: 'updated', pod });
      const startsNow = pod.status.phase === 'Running' && before.status.phase !== 'Running';
      if (startsNow && ghosts.has(nameOf(pod)) && isOfStatefulSet(pod)) violations.push(`${nameOf(pod)} started on ${pod.spec.nodeName} while it may still run on ${ghosts.get(nameOf(pod))}, which nobody reaches`);
    },
    deleted(pod) {
      podChanges.push({ type: 'deleted', pod });
      const node = pod.spec.nodeName ?? '';
      if (pod.status.phase === 'Running' && down.get(node) === 'isolated') ghosts.set(nameOf(pod), node);
    },
  });
  const stop = new AbortController();
  const watched = { broken: [] as string[], whole: [] as string[] };
  const followers = [follow(cluster.clientOf({ name: 'watcher', groups: ['system:masters'], agent: FRAIL }), cluster.clock, watched.broken, stop.signal), follow(cluster.client, cluster.clock, watched.whole, stop.signal)];
  return {
    cluster,
    client: cluster.client,
    random: seededRandom(seed * 2 + 1),
    nodeNames: Array.from({ length: NODES }, (_, index) => `node-${index + 1}`),
    down,
    mishaps: new Set(),
    podChanges,
    watched,
    ghosts,
    violations,
    journal: [],
    list: (kind) => informers.of(kind).lister.list(),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await Promise.all([informers[Symbol.asyncDispose](), ...followers]);
      await cluster.dispose();
    },
  };
}

const isOfStatefulSet = (pod: Pod): boolean => (pod.metadata.ownerReferences ?? []).some(({ kind, controller }) => kind === 'StatefulSet' && controller);

/** Watches pods from the beginning, resuming wherever the watch broke. */
async function follow(client: Client, clock: Clock, seen: string[], signal: AbortSignal): Promise<void> {
  let resourceVersion = '1';
  while (!signal.aborted) {
    try {
      for await (const batch of client.of(pods).watch({ resourceVersion, allowWatchBookmarks: true }, signal)) {
        for (const { type, object } of batch) {
          if (type === 'ERROR') throw StatusError.fromStatus(object);
          resourceVersion = object.metadata.resourceVersion!;
          if (type !== 'BOOKMARK') seen.push(`${type} ${object.metadata.namespace}/${object.metadata.name}@${resourceVersion}`);
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      // What is refused now is asked for again later. A client that stayed away for long has to begin anew, and has missed something.
      if (error instanceof StatusError && error.code === 410) {
        seen.push(MISSED);
        return;
      }
      if (!(error instanceof StatusError)) throw error;
    }
    await clock.sleep(RESUME_MS, signal).catch(() => undefined);
  }
}
