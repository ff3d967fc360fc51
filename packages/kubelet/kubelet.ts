/**
 * `startKubelet`: the node agent's main part. This file is its wiring: who knows whom.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorFields } from '#base/log.ts';
import { openTaskGroup, type TaskGroup } from '#base/task-group.ts';
import { type EventRecorder, openEventRecorder } from '#client/event-recorder.ts';
import type { Informer } from '#client/informer.ts';
import type { RuntimeVersion } from '#cri/runtime.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import { pods as podKind } from '#kinds/core/pod/kind.ts';
import type { Container } from '#kinds/core/pod/container.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { services } from '#kinds/core/service/kind.ts';
import { csiDrivers } from '#kinds/storage/csi-driver/kind.ts';
import { quantityValue } from '#machinery/quantity.ts';
import { type Cgroups, openCgroups } from './cgroups.ts';
import { ConfigObjects } from './config-objects.ts';
import { NodeAttachments } from './csi/attached.ts';
import { NodeDrivers } from './csi/node-drivers.ts';
import { CsiRegistry } from './csi/registry.ts';
import { CsiVolumes } from './csi/volumes.ts';
import { Images } from './images/images.ts';
import { admitPod, admitResize } from './node/admit.ts';
import { readMachine } from './node/machine.ts';
import { allocatableOf, capacityOf, type NodeFacts, nodeLabels } from './node/node-object.ts';
import { type NodeReporter, startNodeReporter } from './node/node-reporter.ts';
import type { Kubelet, KubeletOptions } from './options.ts';
import { CrashBackoff } from './pod/crash-backoff.ts';
import { type DnsContext, parseResolvConf } from './pod/dns.ts';
import { lastWordsReader } from './pod/last-words.ts';
import type { NodeServices } from './pod/node-services.ts';
import { Pods } from './pod/pods.ts';
import { Prober } from './probes/prober.ts';
import { startServer } from './server/server.ts';
import { ServiceAccountTokens } from './service-account-tokens.ts';
import { StatusWriter } from './status-writer.ts';
import { startUpkeep, type Upkeep } from './upkeep/upkeep.ts';
import { contentPlugins } from './volumes/content.ts';
import { emptyDirPlugin } from './volumes/empty-dir.ts';
import { hostPathPlugin } from './volumes/host-path.ts';
import { VolumeManager } from './volumes/manager.ts';
import { imageVolumePlugin } from './volumes/image.ts';
import { persistentClaimPlugin } from './volumes/persistent.ts';

const DEFAULT_MAX_PODS = 110;
const DEFAULT_RESOLV_CONF = '/etc/resolv.conf';

/** How often cgroup weights follow the pods that run. */
const BALANCE_MS = 60_000;

/** Starts the kubelet. It registers its node as soon as the API answers; stopping it leaves all containers running. */
export async function startKubelet(options: KubeletOptions): Promise<Kubelet> {
  const { client, clock, log, nodeName, rootDirectory, runtime } = options;
  await using cleanup = new AsyncDisposableStack();
  const recorder = cleanup.use(openEventRecorder({ client, component: 'kubelet', host: nodeName, clock, log }));
  const tasks = cleanup.use(openTaskGroup((task, error) => log.error('a task of the kubelet failed', { task, ...errorFields(error) })));
  await mkdir(rootDirectory, { recursive: true });
  const cgroups = options.cgroupRoot === undefined ? undefined : await openCgroups(options.cgroupRoot, clock, log);
  await cgroups?.open();

  const nodeInformer = options.informers.of(nodes, { fieldSelector: `metadata.name=${nodeName}` });
  const informer = options.informers.of(podKind, { fieldSelector: `spec.nodeName=${nodeName}` });
  // Whether a pod fits depends on the node's labels: it is asked only when they are known.
  const pods = new Pods({ informer, tasks, signal: tasks.signal, whenReady: (signal) => nodeInformer.whenSynced(signal) });
  const described = await describeNode(options);
  const attachments = new NodeAttachments({ client, nodeName, node: nodeInformer, clock, reportSoon: () => reporter?.reportSoon() });
  const csiRegistry = new CsiRegistry({ directory: join(rootDirectory, 'plugins_registry'), nodeDrivers: new NodeDrivers(client, nodeName, nodeInformer), clock, log, tasks });
  let reporter: NodeReporter | undefined;
  const parts: Parts = { options, tasks, recorder, pods, cgroups, nodeInformer, facts: described, reporter: () => reporter!, upkeep: () => upkeep, attachments, csiRegistry };
  const node = await makeServices(parts);

  const server = options.server && cleanup.use(await startServer({ options: options.server, node, pods, rootDirectory }));
  const facts: NodeFacts = { ...described, port: server?.port ?? 0 };
  const upkeep = startUpkeep({ ...upkeepOptions(options), pods, runtime, recorder, clock, log, tasks, rootDirectory, cgroups, onPressure: () => reporter?.reportSoon() });
  const reporting = startNodeReporter({ client, runtime, recorder, clock, log, tasks, facts, pressure: () => upkeep.pressure(), volumesInUse: () => attachments.inUse });
  reporter = reporting;
  tasks.run('CSI', async (signal) => {
    await reporting.whenReady(signal);
    await csiRegistry.start();
  });
  pods.start(node);
  cleanup.defer(() => pods.stop());
  if (cgroups) tasks.run('cgroup weights', (signal) => balance(cgroups, pods, options, signal));
  const owned = cleanup.move();
  return { port: facts.port, whenReady: (signal) => reporting.whenReady(signal), [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** What the services of a node are made from; the reporter and upkeep start after them. */
interface Parts {
  readonly options: KubeletOptions;
  readonly tasks: TaskGroup;
  readonly recorder: EventRecorder;
  readonly pods: Pods;
  readonly cgroups: Cgroups | undefined;
  readonly nodeInformer: Informer<Node>;
  readonly facts: NodeFacts;
  readonly reporter: () => NodeReporter;
  readonly upkeep: () => Upkeep;
  readonly attachments: NodeAttachments;
  readonly csiRegistry: CsiRegistry;
}

/** The machine with what the options say about it; the port is not known yet. */
async function describeNode(options: KubeletOptions): Promise<NodeFacts> {
  const machine = await readMachine(options.rootDirectory);
  const capacity = capacityOf(machine, options.maxPods ?? DEFAULT_MAX_PODS, options.capacity ?? {});
  return {
    name: options.nodeName,
    version: options.version,
    machine,
    capacity,
    allocatable: allocatableOf(capacity, options.reserved ?? {}),
    addresses: options.addresses,
    labels: options.labels ?? {},
    taints: options.taints ?? [],
    providerId: options.providerId,
    port: 0,
  };
}

/** Everything that pod workers use. */
async function makeServices({ options, tasks, recorder, pods, cgroups, nodeInformer, facts, reporter, upkeep, attachments, csiRegistry }: Parts): Promise<NodeServices> {
  const { client, clock, log, random, runtime, nodeName, rootDirectory } = options;
  const { signal } = tasks;
  const { allocatable, machine } = facts;
  const hostIps = facts.addresses.filter(({ type }) => type === 'InternalIP').map(({ address }) => address);
  const serviceInformer = options.informers.of(services);
  const objects = new ConfigObjects({ client, clock, random, log, tasks, onChange: (uid) => pods.configChanged(uid) });
  const tokens = new ServiceAccountTokens(client, clock);
  const downward = (pod: Pod) => ({ nodeName, hostIps, allocatable, podIps: pods.byUid(pod.metadata.uid ?? '')?.state.podIps ?? [] });
  const csi = new CsiVolumes({ rootDirectory, nodeName, client, clock, driver: (name) => csiRegistry.get(name), drivers: options.informers.of(csiDrivers), attachments, tokens });
  await csi.recover();
  const claims = persistentClaimPlugin({ client, node: () => nodeInformer.lister.get(nodeName), plugins: [csi.persistent] });
  const images = new Images({ runtime, objects, recorder, clock, signal, nodeCredentials: options.registryCredentials ?? {} });
  const imageVolumes = imageVolumePlugin({ ensure: (pod, volume, inner) => images.ensure(pod, volume as Container, inner), runtime: (inner) => aboutRuntime(options, inner) });
  const plugins = [emptyDirPlugin, hostPathPlugin, claims, csi.plugin, imageVolumes, ...contentPlugins({ objects, tokens, clock, random, downward }), ...(options.volumePlugins ?? [])];
  const volumes = new VolumeManager({ rootDirectory, plugins, clock, log });
  await volumes.open(options.secretsInMemory ?? true, signal);
  const labels = (): Readonly<Record<string, string>> => nodeInformer.lister.get(nodeName)?.metadata.labels ?? nodeLabels(facts);
  const others = (pod: Pod): Pod[] => pods.active().filter(({ metadata }) => metadata.uid !== pod.metadata.uid);
  return {
    nodeName,
    client,
    runtime,
    runtimeName: (await aboutRuntime(options, signal))?.runtimeName ?? 'containerd',
    clock,
    log,
    recorder,
    images,
    prober: new Prober({ runtime, clock, random, recorder, tasks, userAgent: `kube-probe/${majorMinor(options.version)}`, onChange: (uid) => pods.probed(uid) }),
    volumes,
    objects,
    tokens,
    statuses: new StatusWriter({ client, clock, log, tasks }),
    crashes: new CrashBackoff(),
    cgroups,
    logDirectory: options.logDirectory,
    seccompRoot: join(rootDirectory, 'seccomp'),
    hostIps,
    lastWords: lastWordsReader((uid) => volumes.podDirectory(uid)),
    memoryCapacity: quantityValue(facts.capacity['memory'] ?? '0'),
    async services(inner) {
      await serviceInformer.whenSynced(inner);
      return serviceInformer.lister.list();
    },
    dns: () => dnsContext(options),
    beforeStop: (podIps, inner) => options.beforeStop?.(podIps, inner) ?? Promise.resolve(),
    downward,
    networkProblem: () => reporter().networkProblem(),
    admit: (pod) => admitPod(pod, { labels: labels(), allocatable, appArmor: machine.appArmor, unsafeSysctls: options.unsafeSysctls ?? [], pressure: upkeep().pressure(), pods: others(pod) }),
    resize: (pod) => admitResize(pod, { allocatable, pods: others(pod) }),
    signal,
  };
}

const upkeepOptions = ({ imageGc, eviction, logLimits }: KubeletOptions) => ({
  ...(imageGc ? { imageGc } : {}),
  ...(eviction ? { eviction } : {}),
  ...(logLimits ? { logLimits } : {}),
});

async function balance(cgroups: Cgroups, pods: Pods, { clock, log }: KubeletOptions, signal: AbortSignal): Promise<void> {
  for (;;) {
    await clock.sleep(BALANCE_MS, signal);
    try {
      await cgroups.balance(pods.active());
    } catch (error) {
      log.warn('the weights of pod cgroups could not be set', errorFields(error));
    }
  }
}

/** What the runtime is; undefined while it does not answer. */
async function aboutRuntime({ runtime, log }: KubeletOptions, signal: AbortSignal): Promise<RuntimeVersion | undefined> {
  try {
    return await runtime.version(signal);
  } catch (error) {
    log.warn('the runtime does not answer yet', errorFields(error));
    return undefined;
  }
}

/** `1.36` of `v1.36.0`. */
const majorMinor = (version: string): string => /(\d+\.\d+)/.exec(version)?.[1] ?? version;

async function dnsContext({ dns, log }: KubeletOptions): Promise<DnsContext> {
  const path = dns.resolvConf ?? DEFAULT_RESOLV_CONF;
  let text = '';
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    log.debug('the node has no resolver configuration', { path, ...errorFields(error) });
  }
  return { clusterServers: dns.servers, clusterDomain: dns.domain, host: parseResolvConf(text) };
}
