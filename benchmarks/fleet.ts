/**
 * A fleet of simulated nodes on one `navarch server` (durable store, TLS): until nodes are Ready, pods Running and gone again, a Deployment is available, a namespace is
 * deleted; how long single requests take meanwhile; and what a large fleet costs at rest.
 *
 *     node benchmarks/fleet.ts [--nodes 5000] [--pods 10000] [--held 150000]
 */
import { type ChildProcess, spawn } from 'node:child_process';
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
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { isReason } from '#machinery/status.ts';
import { podCidrFor } from '#runtimes/simulated/fleet.ts';
import { LARGE_HEAP } from '#navarch/cluster/own-command.ts';
import { CONFIG_VERSION, type ServerConfiguration } from '#navarch/configuration.ts';

const { values } = parseArgs({ options: { nodes: { type: 'string', default: '5000' }, pods: { type: 'string', default: '10000' }, held: { type: 'string' }, profile: { type: 'string' } } });
const NODES = Number(values.nodes);
const PODS = Number(values.pods);
const CONCURRENCY = 64;
const PROBE_MS = 50;
/** Between filling a fleet and looking at what it takes at rest. */
const SETTLE_MS = 30_000;
const IDLE_MINUTES = 5;
const RETRY_MS = 500;
/** How often filling a fleet tells how far it is. */
const TELL_EVERY = 10_000;
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
async function persistently(act: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await act();
      return;
    } catch (error) {
      if (isReason(error, 'AlreadyExists')) return;
      if (!isReason(error, 'ServiceUnavailable') && !isReason(error, 'Timeout')) throw error;
      await systemClock.sleep(RETRY_MS);
    }
  }
}

/** Fills the fleet with pods, then measures what it takes while nothing but heartbeats happens. */
async function hold(client: Client, pid: number, count: number): Promise<void> {
  const startMs = performance.now();
  const soFar = (): string => `${rssMb(pid).toFixed(0)} MB after ${((performance.now() - startMs) / 1000).toFixed(0)} s, ${cpuSeconds(pid).toFixed(0)} s of processor`;
  await forAll(count, async (index) => {
    await persistently(() => client.of(pods).namespace('default').create(podOf(`held-${index}`), {}, never));
    if ((index + 1) % TELL_EVERY === 0) console.log(`${index + 1} pods created: ${soFar()}`);
  });
  await persistently(() => untilCount(client, pods, ({ status }) => status.phase === 'Running', count));
  console.log(`${count} pods Running on ${NODES} nodes: ${soFar()}`);
  await systemClock.sleep(SETTLE_MS);
  for (let minute = 1; minute <= IDLE_MINUTES; minute++) {
    const startCpu = cpuSeconds(pid);
    const startMinuteMs = performance.now();
    await systemClock.sleep(60_000);
    const share = (cpuSeconds(pid) - startCpu) / ((performance.now() - startMinuteMs) / 1000);
    const ready = (await client.of(nodes).list({}, never)).items.filter(isNodeReady).length;
    console.log(`minute ${minute} at rest: server ${rssMb(pid).toFixed(0)} MB, this client ${rssMb(process.pid).toFixed(0)} MB (goal 5,000 together), ${share.toFixed(2)} cores (goal 0.5), ${ready} nodes Ready`);
  }
}

const directory = mkdtempSync(join(tmpdir(), 'navarch-fleet-'));
try {
  await using fleet = startServer(directory);
  const startMs = performance.now();
  const [client, prober] = [await fleet.connect(), await fleet.connect()];
  const pid = fleet.server.pid!;
  console.log(`API server up after ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
  await measure(`${NODES} nodes Ready`, 10, { prober, pid }, () => untilCount(client, nodes, isNodeReady, NODES));
  if (values.held) await hold(client, pid, Number(values.held));
  else {
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
  }
  await client.transport[Symbol.asyncDispose]();
  await prober.transport[Symbol.asyncDispose]();
} finally {
  rmSync(directory, { recursive: true, force: true });
}
