/**
 * A control plane for the benchmarks of the scheduler: API server on a memory store and the scheduler, in one process, nodes as plain objects.
 */
import { memoryPkiFiles } from '#apiserver/pki/pki-files.ts';
import { openPki } from '#apiserver/pki/pki.ts';
import { openApiServer } from '#apiserver/server.ts';
import { systemClock } from '#base/clock.ts';
import { createLogger, silentLogger } from '#base/log.ts';
import { systemRandom } from '#base/random.ts';
import { createClient } from '#client/api.ts';
import type { Client, Fresh } from '#client/client.ts';
import type { InformerFactory } from '#client/informer.ts';
import { createInformerFactory } from '#client/shared-informer.ts';
import { namespaces } from '#kinds/core/namespace/kind.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { serviceAccounts } from '#kinds/core/service-account/kind.ts';
import { startScheduler } from '#scheduler/scheduler.ts';
import { openMemoryStore } from '#store/memory/memory-store.ts';

/** Writes under way at the same time while objects are created. */
const CONCURRENCY = 200;
/** A case that makes no progress for this long has failed. */
const STALL_MS = 60_000;
const POLL_MS = 5;

/** A signal that never aborts. */
export const never: AbortSignal = new AbortController().signal;

/** A cluster under load. */
export interface BenchmarkCluster extends AsyncDisposable {
  readonly client: Client;
  readonly informers: InformerFactory;
  /** Pods that have got a node so far. */
  readonly boundCount: number;
  addNamespaces(names: readonly string[], labels?: Readonly<Record<string, string>>): Promise<void>;
  addNodes(count: number, shape: (index: number) => NodeShape): Promise<void>;
  /** Creates pods of a shape; resolves when all exist. */
  addPods(count: number, namespace: string, shape: (index: number) => Fresh<Pod>): Promise<void>;
  /** Resolves when `count` pods have been bound in total. @throws Error when nothing moves any more. */
  whenBound(count: number): Promise<void>;
}

/** What differs between nodes. */
export interface NodeShape {
  readonly labels?: Readonly<Record<string, string>>;
  readonly allocatable?: Readonly<Record<string, string>>;
}

/** Runs `work` for 0..count-1, some at a time. */
export async function inParallel(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, count) }, worker));
}

/** Opens the control plane. */
export async function openBenchmarkCluster(): Promise<BenchmarkCluster> {
  const log = process.env['NAVARCH_BENCH_LOG'] ? createLogger((level, message, fields) => console.error(level, message, fields), 'debug') : silentLogger;
  const effects = { clock: systemClock, random: systemRandom, log };
  const resources = new AsyncDisposableStack();
  const store = resources.use(await openMemoryStore());
  const server = resources.use(await openApiServer({ store, pki: openPki(memoryPkiFiles(), systemClock, systemRandom), listen: [], ...effects }));
  const as = (name: string): Client => createClient(server.transport({ name, groups: ['system:masters', 'system:authenticated'] }));
  const client = as('benchmark');
  const informers = resources.use(createInformerFactory({ client, ...effects }));
  resources.use(startScheduler({ client: as('system:kube-scheduler'), informers, ...effects }));
  let boundCount = 0;
  informers.of(pods).listen({
    updated(pod, old) {
      if (pod.spec.nodeName && !old.spec.nodeName) boundCount++;
    },
  });
  return {
    client,
    informers,
    get boundCount() {
      return boundCount;
    },
    addNamespaces: (names, labels) => addNamespaces(client, names, labels),
    addNodes: (count, shape) => inParallel(count, (index) => addNode(client, index, shape(index))),
    addPods: (count, namespace, shape) => inParallel(count, (index) => client.of(pods).namespace(namespace).create(shape(index), {}, never)),
    async whenBound(count) {
      let last = boundCount;
      let lastMs = systemClock.monotonicMs();
      while (boundCount < count) {
        await systemClock.sleep(POLL_MS);
        const nowMs = systemClock.monotonicMs();
        if (boundCount > last) [last, lastMs] = [boundCount, nowMs];
        else if (nowMs - lastMs > STALL_MS) throw new Error(`only ${boundCount} of ${count} pods were bound`);
      }
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** Namespaces with the service account that pods need. */
async function addNamespaces(client: Client, names: readonly string[], labels: Readonly<Record<string, string>> = {}): Promise<void> {
  for (const name of names) {
    if (name !== 'default') await client.of(namespaces).create({ metadata: { name, labels } }, {}, never);
    await client.of(serviceAccounts).namespace(name).create({ metadata: { name: 'default' } }, {}, never);
  }
}

async function addNode(client: Client, index: number, { labels = {}, allocatable = {} }: NodeShape): Promise<void> {
  const name = `node-${String(index).padStart(5, '0')}`;
  const amounts = { cpu: '4', memory: '32Gi', pods: '110', ...allocatable };
  const node: Fresh<Node> = {
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec: {},
    status: { capacity: amounts, allocatable: amounts, conditions: [{ type: 'Ready', status: 'True' }], phase: 'Running' },
  };
  const created = await client.of(nodes).create(node, {}, never);
  // A new node is tainted until something says that it is ready: here nothing else would.
  await client.of(nodes).update({ ...created, spec: { ...created.spec, taints: [] } }, {}, never);
}
