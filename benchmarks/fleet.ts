/**
 * A fleet of simulated nodes on one `navarch server` (durable store, TLS): until nodes are Ready, pods Running and gone again, a Deployment is available, a namespace is
 * deleted; how long single requests take meanwhile; and what a large fleet costs at rest.
 *
 *     node benchmarks/fleet.ts [--nodes 5000] [--pods 10000] [--held 150000 [--minutes 5]]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { systemClock } from '#base/clock.ts';
import { createClient } from '#client/api.ts';
import type { Client } from '#client/client.ts';
import { connectKubeconfig } from '#client/connect.ts';
import { parseKubeconfig } from '#client/kubeconfig.ts';
import { deployments } from '#kinds/apps/deployment/kind.ts';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import { namespaces } from '#kinds/core/namespace/kind.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { isReason } from '#machinery/status.ts';
import { openEmbeddedStore } from '#store/embedded/embedded-store.ts';
import type { Write } from '#store/store.ts';
import { podCidrFor } from '#runtimes/simulated/fleet.ts';
import { LARGE_HEAP } from '#navarch/cluster/own-command.ts';
import { CONFIG_VERSION, type ServerConfiguration } from '#navarch/configuration.ts';

const { values } = parseArgs({ options: { nodes: { type: 'string', default: '5000' }, pods: { type: 'string', default: '10000' }, held: { type: 'string' }, minutes: { type: 'string', default: '5' }, profile: { type: 'string' } } });
const NODES = Number(values.nodes);
const PODS = Number(values.pods);
const CONCURRENCY = 64;
const PROBE_MS = 50;
/** Between filling a fleet and looking at what it takes at rest. */
const SETTLE_MS = 30_000;
const IDLE_MINUTES = Number(values.minutes);
const RETRY_MS = 500;
const PODS_PREFIX = '/registry/core/pods/';
/** Pods copied by one commit. */
const COMMIT_WRITES = 500;
/** Ticks per second of process times in /proc. */
const TICKS = 100;
const never = new AbortController().signal;
const home = fileURLToPath(new URL('..', import.meta.url));

interface Fleet extends AsyncDisposable {
  readonly server: ChildProcess;
  connect(): Promise<Client>;
}

function startServer(directory: string): Fleet {
  const listen = { host: '127.0.0.1', port: 16_000 + (process.pid % 10_000) };
  const configuration: ServerConfiguration = {
    kind: 'ServerConfiguration',
    apiVersion: CONFIG_VERSION,
    clusterName: 'fleet',
    directory,
    listen: [listen],
    advertiseAddress: listen,
    podCidr: podCidrFor(NODES),
    serviceCidr: '10.96.0.0/16',
    dnsIp: '10.96.0.10',
    clusterDomain: 'cluster.local',
    simulatedNodes: NODES,
  };
  const file = join(directory, 'server.json');
  writeFileSync(file, JSON.stringify(configuration));
  const profile = values.profile ? ['--cpu-prof', `--cpu-prof-dir=${values.profile}`] : [];
  const server = spawn(process.execPath, [...profile, ...LARGE_HEAP, join(home, 'apps/navarch/main.ts'), 'server', '--config', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  server.stderr!.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-4_000);
  });
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  return {
    server,
    async connect() {
      for (;;) {
        if (server.exitCode !== null) throw new Error(`the server ended: ${log}`);
        try {
          const config = parseKubeconfig(readFileSync(join(directory, 'kubeconfig'), 'utf8'), directory);
          return createClient(await connectKubeconfig(config, { clock: systemClock, userAgent: 'fleet' }));
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
          await systemClock.sleep(10);
        }
      }
    },
    async [Symbol.asyncDispose]() {
      server.kill('SIGTERM');
      await ended;
    },
  };
}

/** Follows how many objects of a kind are in a state, until `count` are. */
async function untilCount<T extends KubeObject>(client: Client, kind: Kind<T>, isCounted: (object: T) => boolean, count: number): Promise<void> {
  const stop = new AbortController();
  const counted = new Set<string>();
  const events = client.of(kind).watch({ sendInitialEvents: true, allowWatchBookmarks: true, resourceVersionMatch: 'NotOlderThan' } as never, stop.signal);
  for await (const batch of events) {
    for (const { type, object } of batch) {
      if (type === 'BOOKMARK' || type === 'ERROR') continue;
      const key = `${object.metadata.namespace}/${object.metadata.name}`;
      if (type !== 'DELETED' && isCounted(object)) counted.add(key);
      else counted.delete(key);
    }
    if (counted.size === count) break;
  }
  stop.abort();
}

/** Runs `act` for 0 … count - 1, several at a time. */
async function forAll(count: number, act: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      while (next < count) await act(next++);
    }),
  );
}

/** Asks for one object again and again; answers the 99th percentile, in milliseconds. */
function probe(client: Client): { stop(): Promise<{ readonly p99: number; readonly worst: number }> } {
  const took: number[] = [];
  let running = true;
  const loop = (async () => {
    while (running) {
      const startMs = performance.now();
      await client.of(namespaces).get('default', never);
      took.push(performance.now() - startMs);
      await systemClock.sleep(PROBE_MS);
    }
  })();
  return {
    async stop() {
      running = false;
      await loop;
      took.sort((a, b) => a - b);
      return { p99: took[Math.floor(took.length * 0.99)] ?? 0, worst: took.at(-1) ?? 0 };
    },
  };
}

const cpuSeconds = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
};
const rssMb = (pid: number): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;

const podOf = (name: string) => ({ metadata: { name, namespace: 'default' }, spec: { containers: [{ name: 'c', image: 'registry.example/app:1', resources: { requests: { cpu: '100m', memory: '64Mi' } } }] } });

async function measure(what: string, goalSeconds: number, of: { readonly prober: Client; readonly pid: number }, act: () => Promise<void>): Promise<void> {
  const probing = probe(of.prober);
  const startMs = performance.now();
  const startCpu = cpuSeconds(of.pid);
  await act();
  const seconds = (performance.now() - startMs) / 1000;
  const { p99, worst } = await probing.stop();
  const cpu = cpuSeconds(of.pid) - startCpu;
  console.log(`${what.padEnd(44)} ${seconds.toFixed(1).padStart(6)} s (goal ${goalSeconds} s)   server ${cpu.toFixed(1).padStart(5)} s of processor, ${rssMb(of.pid).toFixed(0)} MB   get p99 ${p99.toFixed(0)} ms, worst ${worst.toFixed(0)} ms`);
}

const isNodeReady = ({ status, spec }: { status: { conditions?: readonly { type: string; status: string }[] }; spec: { taints?: readonly unknown[] } }): boolean =>
  (status.conditions ?? []).some((one) => one.type === 'Ready' && one.status === 'True') && !spec.taints?.length;

async function deployment(client: Client, replicas: number): Promise<void> {
  const labels = { app: 'web' };
  const api = client.of(deployments).namespace('default');
  await api.create({ metadata: { name: 'web' }, spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podOf('').spec } } }, {}, never);
  while ((await api.get('web', never)).status.availableReplicas !== replicas) await systemClock.sleep(20);
}

async function namespaceGone(client: Client): Promise<void> {
  await client.of(namespaces).delete('big', {}, never);
  for (;;) {
    try {
      await client.of(namespaces).get('big', never);
    } catch (error) {
      if (isReason(error, 'NotFound')) return;
      throw error;
    }
    await systemClock.sleep(20);
  }
}

/** Repeats `act` while the server cannot be reached: a machine that is busy with other things breaks connections. */
async function persistently<T>(act: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!isReason(error, 'ServiceUnavailable') && !isReason(error, 'Timeout')) throw error;
      await systemClock.sleep(RETRY_MS);
    }
  }
}

/** What the fleet takes while nothing but heartbeats happens. */
async function atRest(client: Client, pid: number): Promise<void> {
  await systemClock.sleep(SETTLE_MS);
  for (let minute = 1; minute <= IDLE_MINUTES; minute++) {
    const startCpu = cpuSeconds(pid);
    const startMs = performance.now();
    await systemClock.sleep(60_000);
    const share = (cpuSeconds(pid) - startCpu) / ((performance.now() - startMs) / 1000);
    const memory = `server ${rssMb(pid).toFixed(0)} MB, this client ${rssMb(process.pid).toFixed(0)} MB (goal 5,000 together)`;
    const ready = (await persistently(() => client.of(nodes).list({}, never))).items.filter(isNodeReady).length;
    console.log(`minute ${minute} at rest: ${memory}, ${share.toFixed(2)} cores (goal 0.5), ${ready} nodes Ready`);
  }
}

/** Waits until the server has so many pods, and all nodes are Ready. */
async function untilHeld(client: Client, count: number): Promise<void> {
  const page = async () => (await persistently(() => client.of(pods).list({ limit: 1 }, never))) as unknown as { items: readonly Pod[]; metadata: { remainingItemCount?: number } };
  for (let held = await page(); held.items.length + (held.metadata.remainingItemCount ?? 0) < count; held = await page()) await systemClock.sleep(RETRY_MS);
  await persistently(() => untilCount(client, nodes, isNodeReady, NODES));
}

/**
 * Holds `count` pods: one on each node goes the whole way to Running; the others are put into the store of the stopped server as copies of these (own names, UIDs and
 * addresses), because creating so many takes longer than all the rest. So what is measured is a server that has started on them.
 */
async function hold(directory: string, count: number): Promise<void> {
  {
    await using fleet = startServer(directory);
    const client = await fleet.connect();
    await persistently(() => untilCount(client, nodes, isNodeReady, NODES));
    await forAll(NODES, (index) => client.of(pods).namespace('default').create(podOf(`held-${index}`), {}, never));
    await persistently(() => untilCount(client, pods, ({ status }) => status.phase === 'Running', NODES));
    await client.transport[Symbol.asyncDispose]();
  }
  await multiplyPods(join(directory, 'store'), count);
  await using fleet = startServer(directory);
  const startMs = performance.now();
  const pid = fleet.server.pid!;
  const client = await fleet.connect();
  await untilHeld(client, count);
  console.log(`started on ${count} pods, ${NODES} nodes Ready: ${rssMb(pid).toFixed(0)} MB after ${((performance.now() - startMs) / 1000).toFixed(0)} s, ${cpuSeconds(pid).toFixed(0)} s of processor`);
  await atRest(client, pid);
  await client.transport[Symbol.asyncDispose]();
}

/** Copies the pods of a store until there are `count`. */
async function multiplyPods(directory: string, count: number): Promise<void> {
  await using store = await openEmbeddedStore({ directory });
  using snapshot = await store.snapshot();
  const { items } = await snapshot.range(PODS_PREFIX);
  if (items.length === 0) throw new Error('the store holds no pods');
  for (let made = items.length, copy = 1; made < count; copy++) {
    for (let from = 0; from < items.length && made < count; from += COMMIT_WRITES) {
      const some = items.slice(from, Math.min(from + COMMIT_WRITES, from + count - made));
      made += some.length;
      await store.commit(some.map(({ key, value }) => copyOfPod(key, Buffer.from(value).toString(), copy)));
    }
  }
}

/** The `copy`th copy of a pod: on the same node, with another last part of its address. */
function copyOfPod(key: string, text: string, copy: number): Write {
  const { metadata, status } = JSON.parse(text) as Pod;
  const network = status.podIP!.slice(0, status.podIP!.lastIndexOf('.') + 1);
  const address = `${network}${Number(status.podIP!.slice(network.length)) + copy}`;
  const copied = text.replaceAll(`"${metadata.name}"`, `"${metadata.name}-${copy}"`).replaceAll(metadata.uid!, randomUUID()).replaceAll(`"${status.podIP}"`, `"${address}"`).replaceAll(`\\"${status.podIP}\\"`, `\\"${address}\\"`);
  return { key: `${key}-${copy}`, value: Buffer.from(copied), expect: 0 };
}

/** Nodes, pods, a Deployment and a namespace come and go. */
async function comeAndGo(directory: string): Promise<void> {
  await using fleet = startServer(directory);
  const startMs = performance.now();
  const [client, prober] = [await fleet.connect(), await fleet.connect()];
  const pid = fleet.server.pid!;
  console.log(`API server up after ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
  await measure(`${NODES} nodes Ready`, 10, { prober, pid }, () => untilCount(client, nodes, isNodeReady, NODES));
  const api = client.of(pods).namespace('default');
  await measure(`${PODS} pods Running`, 15, { prober, pid }, async () => {
    const running = untilCount(client, pods, ({ status }) => status.phase === 'Running', PODS);
    await forAll(PODS, (index) => api.create(podOf(`pod-${index}`), {}, never));
    await running;
  });
  await measure(`${PODS} pods deleted`, 15, { prober, pid }, async () => {
    await forAll(PODS, (index) => api.delete(`pod-${index}`, {}, never));
    await untilCount(client, pods, () => true, 0);
  });
  await measure('Deployment of 1,000 replicas available', 3, { prober, pid }, () => deployment(client, 1_000));
  await client.of(namespaces).create({ metadata: { name: 'big' } }, {}, never);
  await forAll(5_000, (index) => client.of(configMaps).namespace('big').create({ metadata: { name: `object-${index}` }, data: { text: 'x'.repeat(1_000) } }, {}, never));
  await measure('namespace of 5,000 objects deleted', 5, { prober, pid }, () => namespaceGone(client));
  await client.transport[Symbol.asyncDispose]();
  await prober.transport[Symbol.asyncDispose]();
}

const directory = mkdtempSync(join(tmpdir(), 'navarch-fleet-'));
try {
  if (values.held) await hold(directory, Number(values.held));
  else await comeAndGo(directory);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
