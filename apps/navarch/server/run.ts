/**
 * `navarch server`: API server, controllers and scheduler in one process, sharing objects by reference.
 */
import { join } from 'node:path';
import { openPkiFiles } from '#apiserver/pki/pki-files.ts';
import { openPki, type Pki } from '#apiserver/pki/pki.ts';
import { type ApiServer, openApiServer } from '#apiserver/server.ts';
import { systemClock } from '#base/clock.ts';
import { createLogger, jsonSink, type Logger } from '#base/log.ts';
import { systemRandom } from '#base/random.ts';
import { openTaskGroup } from '#base/task-group.ts';
import { createClient } from '#client/api.ts';
import type { Client } from '#client/client.ts';
import { putKubeconfigEntry } from '#client/kubeconfig-file.ts';
import { createInformerFactory } from '#client/shared-informer.ts';
import { builtinKinds } from '#kinds/registry.ts';
import { startManager } from '#controller/manager.ts';
import { startDnsService } from '#dns/service.ts';
import { startSimulatedNodes } from '#runtimes/simulated/simulated-nodes.ts';
import { startScheduler } from '#scheduler/scheduler.ts';
import { openEmbeddedStore } from '#store/embedded/embedded-store.ts';
import { writeCredentials } from '../agent/credentials.ts';
import { readConfiguration, serverConfiguration, type ServerConfiguration } from '../configuration.ts';
import { KUBERNETES_VERSION } from '../version.ts';
import { whenStopped } from '../when-stopped.ts';
import { readDescriptions } from './descriptions.ts';
import { runCompaction } from './compaction.ts';
import { controllerEntries } from './controllers.ts';
import { openNodeDial } from './dial.ts';
import { metricsKinds } from './metrics-handlers.ts';
import { ensureMetricsReader, MetricsServer } from './metrics-server.ts';

/** The components of this process as users: trusted, since they are the process that would ask. */
const component = (name: string) => ({ name, groups: ['system:masters', 'system:authenticated'] });

/** Where cluster DNS listens on every node. */
const DNS_PORT = 53;
/** How long creating what components need may take. */
const BOOTSTRAP_MS = 30_000;

/** Runs until SIGTERM or SIGINT. */
export async function runServer(path: string): Promise<void> {
  const configuration = await readConfiguration(serverConfiguration, 'ServerConfiguration', path);
  const log = createLogger(jsonSink((line) => process.stderr.write(line), () => systemClock.now()));
  const { signal, stopped } = whenStopped();
  await using resources = new AsyncDisposableStack();
  const tasks = resources.use(openTaskGroup((task, error) => log.error('a task of the server failed', { task, error }), signal));
  const pki = openPki(openPkiFiles(join(configuration.directory, 'pki')), systemClock, systemRandom);
  const store = resources.use(await openEmbeddedStore({ directory: join(configuration.directory, 'store') }));
  const nodeDial = openNodeDial(pki);
  const metricsServer = new MetricsServer(systemClock);
  const server = resources.use(
    await openApiServer({
      store,
      kinds: [...builtinKinds, ...metricsKinds],
      handlers: (caches) => metricsServer.handlers(caches),
      pki,
      listen: configuration.listen,
      advertise: configuration.advertiseAddress,
      servingNames: configuration.certificateNames ?? [],
      serviceCidrs: [configuration.serviceCidr],
      dial: nodeDial.dial,
      describe: readDescriptions,
      clock: systemClock,
      random: systemRandom,
      log,
    }),
  );
  nodeDial.useCaches(server.caches);
  await writeAccess(configuration, pki);
  log.info('API server is ready', { addresses: server.addresses });
  tasks.run('compaction', (inner) => runCompaction(store, systemClock, log, inner));
  if (!configuration.simulatedNodes) resources.use(metricsServer.measure({ caches: server.caches, dial: nodeDial.dial, pki, log }));
  await startComponents(configuration, { server, pki, metricsServer }, log, resources);
  await stopped;
  log.info('stopping');
}

/** What the components of the process share. */
interface Parts {
  readonly server: ApiServer;
  readonly pki: Pki;
  readonly metricsServer: MetricsServer;
}

/** Starts controllers, scheduler and what else runs in this process, on in-process transports. */
async function startComponents(configuration: ServerConfiguration, { server, pki, metricsServer }: Parts, log: Logger, resources: AsyncDisposableStack): Promise<void> {
  const effects = { clock: systemClock, random: systemRandom, log };
  const clientOf = (user: string, agent: string): Client => createClient(server.transport(component(user), `${agent}/${KUBERNETES_VERSION}`));
  const client = clientOf('system:kube-controller-manager', 'kube-controller-manager');
  const informers = resources.use(createInformerFactory({ client, ...effects }));
  if (configuration.simulatedNodes) metricsServer.simulate(informers);
  await ensureMetricsReader(client, AbortSignal.timeout(BOOTSTRAP_MS));
  const signLegacyToken = server.signer.signLegacy.bind(server.signer);
  resources.use(startManager(controllerEntries({ configuration, caPem: pki.caCert, transport: client.transport, signLegacyToken, signRequest: (...request) => pki.signRequest(...request) }), { client, informers, ...effects, metrics: server.metrics }));
  const schedulerClient = clientOf('system:kube-scheduler', 'kube-scheduler');
  resources.use(startScheduler({ client: schedulerClient, informers, ...effects, instance: `default-scheduler-${configuration.clusterName}` }));
  if (configuration.simulatedNodes) resources.use(await startSimulatedNodes({ client, informers, nodes: configuration.simulatedNodes, version: KUBERNETES_VERSION, ...effects }));
  else resources.use(startDnsService({ client, informers, dnsIp: configuration.dnsIp, port: DNS_PORT, ...effects }));
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
      await writeCredentials(directory, { server: `https://${host}:${port}`, ca: pki.caCert, kubelet, proxy, serving });
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
