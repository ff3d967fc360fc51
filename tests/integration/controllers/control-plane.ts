/**
 * A control plane in one thread under a simulated clock, for tests of controllers: the real API machinery on a memory store, informers,
 * the controllers under test, and pods that come to life by themselves.
 */
import { after } from 'node:test';
import type { MetricRegistry } from '#base/metrics.ts';
import { createLogger, silentLogger } from '#base/log.ts';
import { seededRandom } from '#base/random.ts';
import { SimClock } from '#base/testing/sim-clock.ts';
import { createClient } from '#client/api.ts';
import type { Client } from '#client/client.ts';
import type { InformerFactory } from '#client/informer.ts';
import type { ApiRequest } from '#client/transport.ts';
import { createInformerFactory } from '#client/shared-informer.ts';
import { startManager } from '#controller/manager.ts';
import type { ControllerEntry, Manager } from '#controller/manager.ts';
import { serviceAccountController } from '#controllers/serviceaccount/controller.ts';
import { admissionPlugins } from '#apiserver/admission/plugins.ts';
import { inProcessTransport } from '#apiserver/in-process.ts';
import { Pipeline } from '#apiserver/pipeline.ts';
import { openRegistry } from '#apiserver/registry/registry.ts';
import { namespaces } from '#kinds/core/namespace/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { PodStatus } from '#kinds/core/pod/status.ts';
import { builtinKinds } from '#kinds/registry.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { formatTime } from '#machinery/time.ts';
import { openMemoryStore } from '#store/memory/memory-store.ts';

/** Plugins that wait for or depend on controllers which are not under test. */
const NOT_ADMITTED: ReadonlySet<string> = new Set(['ServiceAccount', 'TaintNodesByCondition']);

/** A signal that never aborts. */
export const never: AbortSignal = new AbortController().signal;

/** What the fake kubelet makes of a pod that has just been created; `undefined` leaves it pending. */
export type PodFate = (pod: Pod) => Partial<PodStatus> | undefined;

/** A running control plane. */
export interface ControlPlane {
  readonly clock: SimClock;
  readonly client: Client;
  readonly informers: InformerFactory;
  readonly manager: Manager;
  /** Objects of a kind, sorted by name. */
  list<T extends KubeObject>(kind: Kind<T>, namespace?: string): Promise<readonly T[]>;
  /** `Reason: message` of every event about objects of this kind, repeated as often as counted. */
  events(kind: string): Promise<string[]>;
  /** Writes a pod's status on top of what is there. */
  setPodStatus(pod: Pod, status: Partial<PodStatus>): Promise<void>;
  /** Requests that changed something since the start. */
  readonly writes: number;
}

/** Status of a pod that runs and is ready since `nowMs`. */
export function runningStatus(nowMs: number, ip = '10.0.0.1'): Partial<PodStatus> {
  const now = formatTime(nowMs);
  return {
    phase: 'Running',
    podIP: ip,
    podIPs: [{ ip }],
    startTime: now,
    conditions: [
      { type: 'PodScheduled', status: 'True', lastTransitionTime: now },
      { type: 'Ready', status: 'True', lastTransitionTime: now },
    ],
  };
}

/** What a test changes. */
export interface ControlPlaneOptions {
  readonly fate?: PodFate;
  /** What is served; default: what is built in and on by default. */
  readonly kinds?: readonly Kind[];
  /** Answers requests in place of the server (or throws), as an extension API would; `undefined` leaves them to it. */
  readonly answer?: (request: ApiRequest) => unknown;
  /** Where controllers count what they do. */
  readonly metrics?: MetricRegistry;
}

/** Opens a control plane with the given controllers; it ends with the test file. `fate` defaults to running at once on `node-1`. */
export async function openControlPlane(entries: readonly ControllerEntry[], options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const clock = new SimClock();
  const log = process.env['NAVARCH_TEST_LOG'] ? createLogger((level, message, fields) => console.error(level, message, JSON.stringify(fields)), 'debug') : silentLogger;
  const store = await openMemoryStore();
  const registry = await openRegistry({ store, kinds: options.kinds ?? builtinKinds, clock, random: seededRandom(1), log, gate: () => true, admission: (options) => admissionPlugins(options).filter(({ name }) => !NOT_ADMITTED.has(name)) });
  const pipeline = new Pipeline([], registry, (error) => console.error(error));
  const user = { name: 'system:admin', groups: ['system:masters', 'system:authenticated'] };
  const transport = inProcessTransport({ pipeline, clock, random: seededRandom(2) }, user);
  let writes = 0;
  const client = createClient({
    ...transport,
    request(request, signal) {
      if (request.method !== 'GET') writes++;
      const answer = options.answer?.(request);
      if (answer !== undefined) return Promise.resolve(answer);
      return transport.request(request, signal);
    },
  });
  const informers = createInformerFactory({ client, clock, random: seededRandom(3), log });
  for (const name of ['default', 'kube-system']) await client.of(namespaces).create({ metadata: { name } }, {}, never);
  const setPodStatus = async (pod: Pod, status: Partial<PodStatus>): Promise<void> => {
    await client.of(pods).updateStatus({ ...pod, status: { ...pod.status, ...status } }, {}, never);
  };
  startPods(informers, options.fate ?? (() => runningStatus(clock.now())), setPodStatus, client);
  // Pods are admitted only where their service account exists.
  const manager = startManager([...new Set([serviceAccountController, ...entries])], { client, informers, clock, random: seededRandom(4), log, ...(options.metrics ? { metrics: options.metrics } : {}) });
  after(async () => {
    await manager[Symbol.asyncDispose]();
    await informers[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  });
  await clock.settle();
  return {
    clock,
    client,
    informers,
    manager,
    setPodStatus,
    get writes() {
      return writes;
    },
    async list(kind, namespace = '') {
      await clock.settle();
      const { items } = await (namespace ? client.of(kind).namespace(namespace) : client.of(kind)).list({}, never);
      return items.toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
    },
    async events(kind) {
      await clock.settle();
      const { events } = await import('#kinds/core/event/kind.ts');
      const { items } = await client.of(events).list({}, never);
      return items
        .filter((event) => event.involvedObject.kind === kind)
        .flatMap((event) => Array.from({ length: event.count ?? 1 }, () => `${event.reason}: ${event.message}`));
    },
  };
}

/** A kubelet of few words: new pods get their fate, pods that are being deleted go away. */
function startPods(informers: InformerFactory, fate: PodFate, setStatus: (pod: Pod, status: Partial<PodStatus>) => Promise<void>, client: Client): void {
  const ignore = (): void => undefined;
  informers.of(pods).listen({
    added(pod) {
      const status = pod.status.phase === 'Pending' || !pod.status.phase ? fate(pod) : undefined;
      if (status) setStatus(pod, status).catch(ignore);
    },
    updated(pod) {
      if (!pod.metadata.deletionTimestamp || pod.metadata.finalizers?.length) return;
      const { namespace = '', name = '' } = pod.metadata;
      client.of(pods).namespace(namespace).delete(name, { gracePeriodSeconds: 0 }, never).catch(ignore);
    },
  });
}
