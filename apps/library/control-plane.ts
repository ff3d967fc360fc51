/**
 * The parts of one cluster in this process, opened in order and closed in the opposite one.
 *
 *     store -> API server -> controllers, scheduler, simulated nodes, each on a transport of its own
 */
import type { Caches } from '#apiserver/call.ts';
import { memoryPkiFiles } from '#apiserver/pki/pki-files.ts';
import { openPki, type Pki } from '#apiserver/pki/pki.ts';
import { type ApiServer, openApiServer } from '#apiserver/server.ts';
import { type Clock, systemClock } from '#base/clock.ts';
import { createLogger, type Logger, silentLogger } from '#base/log.ts';
import { type Random, seededRandom, systemRandom } from '#base/random.ts';
import { openTaskGroup } from '#base/task-group.ts';
import { createClient } from '#client/api.ts';
import type { Client } from '#client/client.ts';
import { createInformerFactory } from '#client/shared-informer.ts';
import { startManager } from '#controller/manager.ts';
import { isControllerEnabled } from '#controller/selection.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import { builtinKinds } from '#kinds/registry.ts';
import { runCompaction } from '#navarch/server/compaction.ts';
import { controllerEntries, serverControllers } from '#navarch/server/controllers.ts';
import { SchedulingExplanations } from '#navarch/server/scheduling-explanations.ts';
import { metricsKinds } from '#navarch/server/metrics-handlers.ts';
import { MetricsServer } from '#navarch/server/metrics-server.ts';
import { openSimulatedDial } from '#navarch/server/simulated-dial.ts';
import { KUBERNETES_VERSION } from '#navarch/version.ts';
import { podCidrFor } from '#runtimes/simulated/fleet.ts';
import { readLifecycle } from '#runtimes/simulated/lifecycle.ts';
import { type SimulatedNodes, startSimulatedNodes } from '#runtimes/simulated/simulated-nodes.ts';
import { startScheduler } from '#scheduler/scheduler.ts';
import type { StoreImage } from '#store/image.ts';
import { openMemoryStore } from '#store/memory/memory-store.ts';
import type { Store } from '#store/store.ts';
import type { ClusterOptions } from './cluster.ts';
import { FaultInjector } from './faults.ts';

const SERVICE_CIDR = '10.96.0.0/16';
const DEFAULT_SEED = 1;
const NOT_READY_TAINT = 'node.kubernetes.io/not-ready';
/** Clients on a socket live in the world's time, the cluster in its own: certificates must hold in both. */
const VALID_AROUND_MS = 20 * 365 * 24 * 3_600_000;

/** What is running. */
export interface ControlPlane extends AsyncDisposable {
  readonly store: Store;
  readonly server: ApiServer;
  readonly pki: Pki;
  readonly faults: FaultInjector;
  readonly nodes: SimulatedNodes;
}

/** A component as a user: trusted, since it is the process that would ask. */
const trusted = (name: string) => ({ name, groups: ['system:masters', 'system:authenticated'] });

/** Gives every part a sequence of random numbers of its own, so that none disturbs another's. */
function randomsOf(options: ClusterOptions): () => Random {
  const seed = options.seed ?? (options.clock === 'simulated' ? DEFAULT_SEED : undefined);
  if (seed === undefined) return () => systemRandom;
  const seeds = seededRandom(seed);
  return () => seededRandom(seeds.int(2 ** 32));
}

function listenAddresses({ listen }: ClusterOptions): { host: string; port: number }[] {
  if (!listen) return [];
  const { host = '127.0.0.1', port = 0 } = listen === true ? {} : listen;
  return [{ host, port }];
}

const loggerOf = ({ log }: ClusterOptions): Logger => (log ? createLogger(log, 'debug') : silentLogger);

/** Opens everything; usable when it resolves. */
export async function openControlPlane(options: ClusterOptions, clock: Clock, image: StoreImage | undefined): Promise<ControlPlane> {
  const random = randomsOf(options);
  const log = loggerOf(options);
  await using opening = new AsyncDisposableStack();
  const pki = openPki(memoryPkiFiles(), systemClock, random(), clock === systemClock ? {} : { validAroundMs: VALID_AROUND_MS });
  const store = opening.use(await openMemoryStore(image ? { image } : {}));
  const faults = new FaultInjector(clock, random());
  const explanations = new SchedulingExplanations();
  const kubelets = opening.use(openSimulatedDial(pki));
  const metricsServer = new MetricsServer(clock);
  const server = opening.use(
    await openApiServer({
      store,
      kinds: [...builtinKinds, ...metricsKinds],
      pki,
      listen: listenAddresses(options),
      serviceCidrs: [SERVICE_CIDR],
      around: (handler) => faults.around(handler),
      handlers: (caches) => new Map([...explanations.handlers, ...metricsServer.handlers(caches)]),
      dial: kubelets.dial,
      clock,
      random: random(),
      log,
    }),
  );
  kubelets.useCaches(server.caches);
  opening.use(openTaskGroup((task, error) => log.error('a task of the cluster failed', { task, error }))).run('compaction', (signal) => runCompaction(store, clock, log, signal));
  const clientOf = (user: string, agent: string): Client => createClient(server.transport(trusted(user), `${agent}/${KUBERNETES_VERSION}`));
  const effects = (): { clock: Clock; random: Random; log: Logger } => ({ clock, random: random(), log });
  const client = clientOf('system:kube-controller-manager', 'kube-controller-manager');
  const informers = opening.use(createInformerFactory({ client, ...effects() }));
  metricsServer.simulate(informers);
  const { controllers: selection } = options;
  const facts = { podCidrs: [podCidrFor(typeof options.nodes === 'object' ? options.nodes.length : (options.nodes ?? 1))], serviceCidrs: [SERVICE_CIDR], caPem: pki.caCert, transport: client.transport };
  const signers = { signLegacyToken: server.signer.signLegacy.bind(server.signer), signRequest: pki.signRequest.bind(pki) };
  const entries = [...controllerEntries({ ...facts, ...signers }), ...serverControllers];
  opening.use(startManager(entries, { client, informers, ...(selection ? { selection } : {}), ...effects() }));
  if (options.scheduler ?? true) {
    const schedulerClient = clientOf('system:kube-scheduler', 'kube-scheduler');
    const schedulerInformers = opening.use(createInformerFactory({ client: schedulerClient, ...effects() }));
    opening.use(explanations.answerFrom(opening.use(startScheduler({ client: schedulerClient, informers: schedulerInformers, ...effects() }))));
  }
  const fleet = await startNodes(options, clientOf('system:node', 'kubelet'), effects, opening);
  if (isControllerEnabled('node-lifecycle-controller', selection ?? ['*'])) await untilSchedulable(server.caches, fleet.names.length);
  const stack = opening.move();
  return { store, server, pki, faults, nodes: fleet, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const isSchedulable = ({ spec, status }: Node): boolean => {
  const ready = status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false;
  return ready && !spec.taints?.some(({ key }) => key === NOT_READY_TAINT);
};

/** Resolves when `count` nodes take pods: a pod that comes earlier would only be tried again a second later. */
async function untilSchedulable(caches: Caches, count: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let schedulable = caches.list(nodes).filter(isSchedulable).length;
  const look = (): void => {
    if (schedulable >= count) resolve();
  };
  using _subscription = caches.subscribe(nodes, (next, previous) => {
    schedulable += Number(next !== undefined && isSchedulable(next)) - Number(previous !== undefined && isSchedulable(previous));
    look();
  });
  look();
  await promise;
}

async function startNodes(options: ClusterOptions, client: Client, effects: () => { clock: Clock; random: Random; log: Logger }, opening: AsyncDisposableStack): Promise<SimulatedNodes> {
  const { nodes: names = 1, capacity, nodeLabels, lifecycle } = options;
  const informers = opening.use(createInformerFactory({ client, ...effects() }));
  return opening.use(
    await startSimulatedNodes({
      client,
      informers,
      nodes: names,
      version: KUBERNETES_VERSION,
      ...(capacity ? { capacity } : {}),
      ...(nodeLabels ? { labels: nodeLabels } : {}),
      ...(lifecycle === undefined ? {} : { lifecycle: readLifecycle(lifecycle) }),
      ...effects(),
    }),
  );
}
