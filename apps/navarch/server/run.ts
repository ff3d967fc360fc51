/**
 * `navarch server`: API server, controllers and scheduler in one process, sharing objects by reference.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { addFeatureMetrics } from '#apiserver/endpoints/feature-metrics.ts';
import { layeredPkiFiles, openPkiFiles } from '#apiserver/pki/pki-files.ts';
import { openPki, type Pki } from '#apiserver/pki/pki.ts';
import type { SecurityConfig } from '#apiserver/security.ts';
import { type ApiServer, openApiServer } from '#apiserver/server.ts';
import { systemClock } from '#base/clock.ts';
import { createLogger, jsonSink, type Logger } from '#base/log.ts';
import { systemRandom } from '#base/random.ts';
import { openTaskGroup } from '#base/task-group.ts';
import { createClient } from '#client/api.ts';
import type { Client } from '#client/client.ts';
import { putKubeconfigEntry } from '#client/kubeconfig-file.ts';
import { createInformerFactory } from '#client/shared-informer.ts';
import type { Kind } from '#machinery/kind.ts';
import { gateReader } from '#machinery/feature-gates.ts';
import { startManager } from '#controller/manager.ts';
import { startDnsService } from '#dns/service.ts';
import { startSimulatedNodes } from '#runtimes/simulated/simulated-nodes.ts';
import { startScheduler } from '#scheduler/scheduler.ts';
import { writeCredentials } from '../agent/credentials.ts';
import type { ServerConfiguration } from '../configuration.ts';
import { UserError } from '../cluster/spec.ts';
import { configurationFrom } from '../server-configuration.ts';
import type { ServerFlags } from '../server-flags.ts';
import type { StoreChoice } from '../store-flags.ts';
import { KUBERNETES_VERSION } from '../version.ts';
import { readLifecycleFile } from '../lifecycle-file.ts';
import { readSchedulerSettings } from '../scheduler-settings.ts';
import { whenStopped } from '../when-stopped.ts';
import { readAccess } from './access.ts';
import { reloadAccess } from './access-reload.ts';
import { openAudit } from './audit.ts';
import { readDescriptions } from './descriptions.ts';
import { readFeatures } from './features.ts';
import { runCompaction } from './compaction.ts';
import { controllerEntries, serverControllers } from './controllers.ts';
import { openNodeDial } from './dial.ts';
import { openSimulatedDial } from './simulated-dial.ts';
import { ensureNodeStorage, NODE_STORAGE_USER } from './node-storage.ts';
import { metricsKinds } from './metrics-handlers.ts';
import { runWhileLeading, type StartComponents } from './leadership.ts';
import { SchedulingExplanations } from './scheduling-explanations.ts';
import { readServing, reloadServing } from './serving-certificates.ts';
import { DEFAULT_STORE, openStore } from './store.ts';
import { ensureMetricsReader, MetricsServer } from './metrics-server.ts';

/** The components of this process as users: trusted, since they are the process that would ask. */
const component = (name: string) => ({ name, groups: ['system:masters', 'system:authenticated'] });

/** Requests at once. Source: kube-apiserver's flags. */
const DEFAULT_READS = 400;
const DEFAULT_WRITES = 200;
/** Where cluster DNS listens on every node. */
const DNS_PORT = 53;
/** How long creating what components need may take. */
const BOOTSTRAP_MS = 30_000;

/** Runs until SIGTERM or SIGINT. */
export async function runServer(flags: ServerFlags): Promise<void> {
  const configuration = await configurationFrom(flags);
  const { security, admission } = await readAccess(flags);
  const serving = await readServing(flags);
  const { kinds, gates, warnings } = readFeatures(flags);
  const log = createLogger(jsonSink((line) => process.stderr.write(line), () => systemClock.now()));
  const { signal, stopped } = whenStopped();
  await using resources = new AsyncDisposableStack();
  const tasks = resources.use(openTaskGroup((task, error) => log.error('a task of the server failed', { task, error }), signal));
  await mkdir(configuration.directory, { recursive: true, mode: 0o700 });
  const pki = openServerPki(configuration);
  const storeIsShared = choiceOf(configuration).engine === 'etcd';
  const store = resources.use(await openStore(choiceOf(configuration), configuration.directory, log));
  const nodeDial = configuration.simulatedNodes ? resources.use(openSimulatedDial(pki)) : openNodeDial(pki);
  const gate = gateReader(gates);
  const audit = await openAudit(flags, log, resources);
  const metricsServer = new MetricsServer(systemClock);
  const explanations = new SchedulingExplanations();
  const server = resources.use(
    await openApiServer({
      store,
      storeIsShared,
      hostname: hostname(),
      security: { ...security, ...(await readServiceAccountKeys(configuration)) },
      admission,
      kinds: [...kinds, ...metricsKinds],
      gate,
      handlers: (caches) => new Map([...metricsServer.handlers(caches), ...explanations.handlers]),
      pki,
      listen: configuration.listen,
      advertise: configuration.advertiseAddress,
      serving,
      servingNames: configuration.certificateNames ?? [],
      serviceCidrs: [configuration.serviceCidr],
      dial: nodeDial.dial,
      describe: readDescriptions,
      flags: flagTexts(flags),
      ...(audit ? { audit } : {}),
      totalSeats: (flags.maxRequestsInflight ?? DEFAULT_READS) + (flags.maxMutatingRequestsInflight ?? DEFAULT_WRITES),
      http2: { ...(flags.goawayChance ? { goawayChance: flags.goawayChance } : {}), ...(flags.http2MaxStreamsPerConnection ? { maxStreams: flags.http2MaxStreamsPerConnection } : {}) },
      clock: systemClock,
      random: systemRandom,
      log,
    }),
  );
  addFeatureMetrics(server.metrics, gates);
  for (const warning of warnings) log.warn(warning);
  nodeDial.useCaches(server.caches);
  await writeAccess(configuration, pki);
  log.info('API server is ready', { addresses: server.addresses });
  const read = async (): Promise<SecurityConfig> => ({ ...(await readAccess(flags)).security, staticTokens: security.staticTokens ?? [], ...(await readServiceAccountKeys(configuration)) });
  tasks.run('access', (inner) => reloadAccess({ flags, read, apply: (config) => server.reloadSecurity(config), clock: systemClock, log, metrics: server.metrics }, inner));
  tasks.run('serving certificates', (inner) => reloadServing({ flags, current: serving, apply: (changed) => server.reloadServing(changed), clock: systemClock, log }, inner));
  tasks.run('compaction', (inner) => runCompaction(store, systemClock, log, inner));
  if (!configuration.simulatedNodes) resources.use(metricsServer.measure({ caches: server.caches, dial: nodeDial.dial, pki, log }));
  await startComponents(configuration, { server, pki, kinds, gate, metricsServer, explanations, ...(storeIsShared ? { untilStopped: signal } : {}) }, log, resources);
  await stopped;
  log.info('stopping');
}

/** The flags as they are shown to those who ask how the server was started. */
function flagTexts(flags: ServerFlags): Record<string, string> {
  return Object.fromEntries(Object.entries(flags).map(([name, value]) => [name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`), String(value)]));
}

function choiceOf({ store }: ServerConfiguration): StoreChoice {
  return (store as StoreChoice | undefined) ?? DEFAULT_STORE;
}

/** Opens the certificates: all in one directory, or what servers share in another. */
function openServerPki({ directory, commonPkiDirectory }: ServerConfiguration): Pki {
  const own = openPkiFiles(join(directory, 'pki'));
  const files = commonPkiDirectory === undefined ? own : layeredPkiFiles(openPkiFiles(commonPkiDirectory), own);
  return openPki(files, systemClock, systemRandom);
}

/** @throws UserError when a file cannot be read */
async function readServiceAccountKeys({ serviceAccountSigningKeyFile: signing, serviceAccountKeyFiles = [] }: ServerConfiguration): Promise<SecurityConfig> {
  try {
    const verifyingKeys = await Promise.all(serviceAccountKeyFiles.map((file) => readFile(file, 'utf8')));
    return { verifyingKeys, ...(signing === undefined ? {} : { signingKey: await readFile(signing, 'utf8') }) };
  } catch (error) {
    throw new UserError(`a key of service accounts cannot be read: ${(error as Error).message}`);
  }
}

/** What the components of the process share. */
interface Parts {
  /** Where other servers may run the same components, and one at a time does: aborts when this one stops. */
  readonly untilStopped?: AbortSignal;
  readonly server: ApiServer;
  readonly pki: Pki;
  /** What the server serves. */
  readonly kinds: readonly Kind[];
  /** Which features are on. */
  readonly gate: (name: string) => boolean;
  readonly metricsServer: MetricsServer;
  readonly explanations: SchedulingExplanations;
}

/** Starts controllers, scheduler and what else runs in this process, on in-process transports. */
async function startComponents(configuration: ServerConfiguration, { server, pki, kinds, gate, metricsServer, explanations, untilStopped }: Parts, log: Logger, resources: AsyncDisposableStack): Promise<void> {
  const effects = { clock: systemClock, random: systemRandom, log };
  const clientOf = (user: string, agent: string): Client => createClient(server.transport(component(user), `${agent}/${KUBERNETES_VERSION}`));
  const client = clientOf('system:kube-controller-manager', 'kube-controller-manager');
  const informers = resources.use(createInformerFactory({ client, ...effects }));
  // Ends before the informers and the server: who leads gives its Lease up through the server.
  const tasks = untilStopped && resources.use(openTaskGroup((task, error) => log.error('components failed', { task, error }), untilStopped));
  if (configuration.simulatedNodes) metricsServer.simulate(informers);
  await ensureMetricsReader(client, AbortSignal.timeout(BOOTSTRAP_MS));
  await ensureNodeStorage(client, AbortSignal.timeout(BOOTSTRAP_MS));
  const signLegacyToken = server.signer.signLegacy.bind(server.signer);
  const facts = { podCidrs: [configuration.podCidr], serviceCidrs: [configuration.serviceCidr], caPem: pki.caCert, transport: client.transport, signLegacyToken, signRequest: pki.signRequest.bind(pki), served: kinds, settings: { autoscaler: { scaleToZero: gate('HPAScaleToZero') } } };
  const entries = [...controllerEntries(facts), ...serverControllers];
  const { simulatedLifecycleFile } = configuration;
  const lifecycle = simulatedLifecycleFile === undefined ? {} : { lifecycle: await readLifecycleFile(simulatedLifecycleFile) };
  const start = async (name: string, components: StartComponents): Promise<void> => {
    if (tasks) tasks.run(name, (signal) => runWhileLeading({ client, name, ...effects }, components, signal));
    else await components(resources);
  };
  await start('kube-controller-manager', async (components) => {
    components.use(startManager(entries, { client, informers, ...effects, metrics: server.metrics, selection: configuration.controllers ?? ['*'] }));
    if (configuration.simulatedNodes) components.use(await startSimulatedNodes({ client, informers, nodes: configuration.simulatedNodes, version: KUBERNETES_VERSION, ...lifecycle, ...effects }));
    else components.use(startDnsService({ client, informers, dnsIp: configuration.dnsIp, port: DNS_PORT, ...effects }));
  });
  const schedulerClient = clientOf('system:kube-scheduler', 'kube-scheduler');
  const settings = configuration.schedulerConfigFile === undefined ? {} : { settings: await readSchedulerSettings(configuration.schedulerConfigFile) };
  await start('kube-scheduler', (components) => {
    const metrics = components.use(server.metrics.scope());
    const scheduler = components.use(startScheduler({ client: schedulerClient, informers, ...effects, metrics, ...settings, instance: `default-scheduler-${configuration.clusterName}` }));
    components.use(explanations.answerFrom(scheduler));
  });
}

/** Writes the administrator's kubeconfig and the credentials of this machine's nodes. */
async function writeAccess(configuration: ServerConfiguration, pki: Pki): Promise<void> {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const admin = pki.client('admin');
  const local = configuration.listen[0]!;
  const { host, port } = configuration.advertiseAddress;
  const proxy = pki.client('proxy');
  await Promise.all(
    (configuration.nodes ?? []).map(async ({ name, address }) => {
      const { client: kubelet, serving } = pki.issueNode(name, ['127.0.0.1', address]);
      const directory = join(configuration.directory, 'nodes', name);
      const storage = pki.issueClient({ name: NODE_STORAGE_USER, groups: [] });
      await writeCredentials(directory, { server: `https://${host}:${port}`, ca: pki.caCert, kubelet, proxy, storage, serving });
    }),
  );
  await putKubeconfigEntry(
    join(configuration.directory, 'kubeconfig'),
    {
      name: `navarch-${configuration.clusterName}`,
      cluster: { server: `https://${local.host}:${local.port}`, 'certificate-authority-data': base64(pki.caCert) },
      user: { 'client-certificate-data': base64(admin.cert), 'client-key-data': base64(admin.key) },
    },
    { makeCurrent: true, clock: systemClock },
  );
}
