/**
 * `navarch agent`: kubelet, service proxy, DNS and pod network of one node, in one process inside the node's namespaces.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '#base/clock.ts';
import { createLogger, jsonSink, type Logger } from '#base/log.ts';
import { systemRandom } from '#base/random.ts';
import { openTaskGroup } from '#base/task-group.ts';
import { createClient } from '#client/api.ts';
import type { Client } from '#client/client.ts';
import { openHttpTransport } from '#client/http-transport.ts';
import type { InformerFactory } from '#client/informer.ts';
import { createInformerFactory } from '#client/shared-informer.ts';
import type { ContainerRuntime } from '#cri/runtime.ts';
import { nameserversOf, startDns } from '#dns/dns.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { startKubelet } from '#kubelet/kubelet.ts';
import { DEFAULT_EVICTION } from '#kubelet/upkeep/eviction.ts';
import { DEFAULT_IMAGE_GC, type ImageGcLimits } from '#kubelet/upkeep/image-gc.ts';
import { durationToMs } from '#machinery/duration.ts';
import { writeCniConfig } from '#network/cni.ts';
import { startRoutes } from '#network/routes.ts';
import { type Proxy, startProxy } from '#proxy/proxy.ts';
import { openContainerd } from '#runtimes/containerd/containerd.ts';
import { DNS_READY_FILE } from '../cluster/wait-ready.ts';
import { type AgentConfiguration, agentConfiguration, readConfiguration } from '../configuration.ts';
import { whenStopped } from '../when-stopped.ts';
import { KUBERNETES_VERSION } from '../version.ts';
import { readCredentials, type NodeCredentials, type PemPair } from './credentials.ts';
import { answersClusterNames } from './dns-check.ts';
import { ensureNodeImages } from './images.ts';
import { startNodeStorage } from './node-storage.ts';
import { whenReachable } from './when-reachable.ts';

/** Where a kubelet listens. */
const KUBELET_PORT = 10250;
/** The only client that a kubelet serves. */
const API_SERVER_CLIENT = 'kube-apiserver-kubelet-client';

/** Runs until SIGTERM or SIGINT; containers and service rules outlive it. */
export async function runAgent(path: string): Promise<void> {
  const configuration = await readConfiguration(agentConfiguration, 'AgentConfiguration', path);
  const log = createLogger(jsonSink((line) => process.stderr.write(line), () => systemClock.now()));
  const { signal, stopped } = whenStopped();
  const credentials = await readCredentials(configuration.directory, systemClock, signal);
  // An agent that starts together with the server would otherwise begin with a failure, and its back-off costs more than this.
  await whenReachable(new URL(credentials.server), systemClock, signal);
  await using resources = new AsyncDisposableStack();
  const tasks = resources.use(openTaskGroup((task, error) => log.error('a task of the agent failed', { task, error }), signal));
  const connect = (as: PemPair): { client: Client; informers: InformerFactory } => {
    const transport = resources.use(openHttpTransport({ server: new URL(credentials.server), ca: credentials.ca, ...as, userAgent: `navarch/${KUBERNETES_VERSION}`, clock: systemClock }));
    const client = createClient(transport);
    return { client, informers: resources.use(createInformerFactory({ client, clock: systemClock, random: systemRandom, log })) };
  };
  const kubelet = connect(credentials.kubelet);
  const network = connect(credentials.proxy);
  const volumes = join(configuration.directory, 'volumes');
  if (credentials.storage) resources.use(startNodeStorage(configuration.nodeName, volumes, connect(credentials.storage), log));
  startNetwork(configuration, network, log, resources);
  tasks.run('images', (inner) => ensureNodeImages(configuration, log, inner));
  tasks.run('pod network', (inner) => followPodRange(configuration, network.informers, log, inner));
  const proxy = startProxy({ informers: network.informers, nodeName: configuration.nodeName, podCidrs: [configuration.podCidr], clock: systemClock, random: systemRandom, log });
  resources.use(proxy);
  // Left open, its connection would keep the process alive.
  const runtime = resources.use(openContainerd({ socketPath: configuration.containerdSocket, clock: systemClock }));
  resources.use(await startNodeKubelet(configuration, credentials, { ...kubelet, runtime, proxy }, log));
  tasks.run('dns', (inner) => serveDns(configuration, network.informers, log, inner));
  log.info('agent started', { node: configuration.nodeName });
  await stopped;
}

function startNetwork({ nodeName }: AgentConfiguration, { informers }: { informers: InformerFactory }, log: Logger, resources: AsyncDisposableStack): void {
  resources.use(startRoutes({ nodes: informers.of(nodes), nodeName, clock: systemClock, random: systemRandom, log }));
}

/** Writes the pod network's configuration when the node has got its range. */
async function followPodRange({ nodeName, cniDirectory, ipamDirectory }: AgentConfiguration, informers: InformerFactory, log: Logger, signal: AbortSignal): Promise<void> {
  const informer = informers.of(nodes);
  const ranges = (): readonly string[] => {
    const { podCIDRs, podCIDR } = informer.lister.get(nodeName)?.spec ?? {};
    return podCIDRs ?? (podCIDR ? [podCIDR] : []);
  };
  await informer.whenSynced(signal);
  const known = Promise.withResolvers<void>();
  const check = (): void => {
    if (ranges().length > 0) known.resolve();
  };
  using _subscription = informer.listen({ added: check, updated: check });
  signal.addEventListener('abort', () => known.reject(signal.reason as Error), { once: true });
  await known.promise;
  await writeCniConfig({ directory: cniDirectory, ipamDirectory, podCidrs: ranges(), portMappings: true }, signal);
  log.info('pod network configured', { podCidrs: ranges() });
}

function imageGcOf({ imageGCHighThresholdPercent: high, imageGCLowThresholdPercent: low, imageMinimumGCAge: age }: AgentConfiguration): ImageGcLimits {
  const { highPercent, lowPercent, minAgeMs } = DEFAULT_IMAGE_GC;
  return { highPercent: high ?? highPercent, lowPercent: low ?? lowPercent, minAgeMs: age === undefined ? minAgeMs : durationToMs(age) };
}

async function startNodeKubelet(
  configuration: AgentConfiguration,
  credentials: NodeCredentials,
  { client, informers, runtime, proxy }: { client: Client; informers: InformerFactory; runtime: ContainerRuntime; proxy: Proxy },
  log: Logger,
): Promise<AsyncDisposable> {
  const { nodeName, nodeAddress, directory, cgroupRoot, dnsIp, clusterDomain, upstreamResolvConf } = configuration;
  return startKubelet({
    nodeName,
    version: KUBERNETES_VERSION,
    client,
    informers,
    runtime,
    clock: systemClock,
    random: systemRandom,
    log,
    rootDirectory: join(directory, 'kubelet'),
    logDirectory: join(directory, 'pods'),
    addresses: [
      { type: 'InternalIP', address: nodeAddress },
      { type: 'Hostname', address: nodeName },
    ],
    dns: { servers: [dnsIp], domain: clusterDomain, resolvConf: upstreamResolvConf },
    cgroupRoot,
    imageGc: imageGcOf(configuration),
    eviction: configuration.evictionHard ?? DEFAULT_EVICTION,
    beforeStop: (podIps, signal) => proxy.drained(podIps, signal),
    server: {
      host: nodeAddress,
      port: KUBELET_PORT,
      certificate: credentials.serving.cert,
      key: credentials.serving.key,
      clientAuthority: credentials.ca,
      allowedClients: [API_SERVER_CLIENT],
    },
  });
}

/** Serves cluster DNS on this node and, once it answers, says so in a file that `navarch up` waits for. */
async function serveDns(configuration: AgentConfiguration, informers: InformerFactory, log: Logger, signal: AbortSignal): Promise<void> {
  const { dnsIp, nodeAddress, clusterDomain, upstreamResolvConf, runDirectory, egress } = configuration;
  const ready = join(runDirectory, DNS_READY_FILE);
  await rm(ready, { force: true });
  const upstreams = egress ? nameserversOf(await readFile(upstreamResolvConf, 'utf8')) : [];
  await using dns = await startDns({ informers, listen: [{ address: dnsIp, port: 53 }, { address: nodeAddress, port: 53 }], clusterDomain, dnsIp, upstreams, clock: systemClock, log });
  while (!(await answersClusterNames(dnsIp, `kubernetes.default.svc.${clusterDomain}`, signal))) await systemClock.sleep(10, signal);
  await writeFile(ready, '');
  log.info('DNS answers', { addresses: dns.addresses.map(({ address }) => address) });
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}
