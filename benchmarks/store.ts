/**
 * Measures the stores: latency and throughput of durable commits, what a commit costs the calling thread, memory, and how fast a store opens.
 *
 *     node benchmarks/store.ts [memory|embedded|etcd]     etcd: a member on this machine, with its defaults
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedStore } from '#store/embedded/embedded-store.ts';
import { openEtcdStore } from '#store/etcd/etcd-store.ts';
import { startEtcd } from '#store/etcd/testing/etcd-process.ts';
import { openMemoryStore } from '#store/memory/memory-store.ts';
import type { Store } from '#store/store.ts';

const VALUE_BYTES = 1_500;
const KEYS = 50_000;
const MEGABYTE = 1e6;

const key = (i: number): string => `/registry/configmaps/namespace-${i % 17}/configmap-${i}`;
const value = (i: number): Uint8Array => new Uint8Array(VALUE_BYTES).fill(i & 0xff);
const rssMegabytes = (): number => process.memoryUsage().rss / MEGABYTE;

interface Load {
  readonly label: string;
  readonly committers: number;
  readonly commits: number;
  readonly key: (i: number) => string;
}

async function measure(store: Store, load: Load): Promise<void> {
  const latencies: number[] = [];
  let next = 0;
  const cpu = process.threadCpuUsage();
  const start = performance.now();
  const committer = async (): Promise<void> => {
    while (next < load.commits) {
      const i = next++;
      const began = performance.now();
      const result = await store.commit([{ key: load.key(i), value: value(i) }]);
      if (!result.committed) throw new Error('conflict');
      latencies.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: load.committers }, committer));
  const elapsedMs = performance.now() - start;
  const used = process.threadCpuUsage(cpu);
  latencies.sort((a, b) => a - b);
  const percentile = (p: number): string => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * p))]!.toFixed(2);
  console.log(
    `  ${load.label.padEnd(28)} ${String(Math.round((load.commits / elapsedMs) * 1_000)).padStart(7)}/s  p50 ${percentile(0.5)} ms  p99 ${percentile(0.99)} ms  max ${percentile(1)} ms` +
      `  main thread ${((used.user + used.system) / load.commits).toFixed(1)} µs`,
  );
}

async function commits(store: Store): Promise<void> {
  await measure(store, { label: 'warm-up, 32 committers', committers: 32, commits: 5_000, key: (i) => `/registry/pods/default/warm-${i}` });
  await measure(store, { label: 'create, 1 committer', committers: 1, commits: 2_000, key: (i) => `/registry/configmaps/one/${i}` });
  await measure(store, { label: 'create, 32 committers', committers: 32, commits: KEYS, key });
  await measure(store, { label: 'update, 1 committer', committers: 1, commits: 2_000, key });
  await measure(store, { label: 'update, 4 committers', committers: 4, commits: 8_000, key });
  await measure(store, { label: 'update, 32 committers', committers: 32, commits: 30_000, key: (i) => key((i * 7_919) % KEYS) });
}

async function reads(store: Store): Promise<void> {
  using snapshot = await store.snapshot();
  let began = performance.now();
  for (let i = 0; i < 1_000; i++) await snapshot.get(key(i));
  console.log(`  get                          ${(performance.now() - began).toFixed(0)} µs each`);
  began = performance.now();
  const page = await snapshot.range('/registry/configmaps/');
  console.log(`  range of ${page.items.length} keys          ${(performance.now() - began).toFixed(0)} ms`);
  began = performance.now();
  console.log(`  count ${await snapshot.count('/registry/')}                  ${(performance.now() - began).toFixed(0)} ms`);
}

async function fanOut(store: Store): Promise<void> {
  const watchers = 60;
  const total = 20_000;
  const controller = new AbortController();
  const after = await store.currentRevision();
  let seen = 0;
  const watching = Array.from({ length: watchers }, async (_, i) => {
    for await (const batch of store.watch(i === 0 ? '/registry/configmaps/' : `/registry/other-${i}/`, after, controller.signal)) {
      seen += batch.events.length;
      if (seen === total) controller.abort();
    }
  });
  await measure(store, { label: `update, ${watchers} watchers`, committers: 32, commits: total, key });
  await Promise.all(watching);
}

/** The longest time for which the event loop was not free while `work` ran. */
async function longestPauseMs(work: Promise<void>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last - 1);
    last = performance.now();
  }, 1);
  await work;
  clearInterval(timer);
  return longest;
}

async function embedded(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'navarch-store-'));
  try {
    const before = rssMegabytes();
    let began = performance.now();
    let store = await openEmbeddedStore({ directory });
    console.log(`embedded: opens empty in ${(performance.now() - began).toFixed(0)} ms, +${(rssMegabytes() - before).toFixed(0)} MB`);
    await commits(store);
    await fanOut(store);
    await reads(store);
    const revision = await store.currentRevision();
    began = performance.now();
    const pause = await longestPauseMs(store.compact(revision));
    console.log(
      `  compact ${revision} revisions      ${(performance.now() - began).toFixed(0)} ms, longest pause ${pause.toFixed(1)} ms, ${((await store.sizeBytes()) / MEGABYTE).toFixed(0)} MB on disk`,
    );
    console.log(`  memory                       +${(rssMegabytes() - before).toFixed(0)} MB with what the load left behind`);
    await store[Symbol.asyncDispose]();
    began = performance.now();
    store = await openEmbeddedStore({ directory });
    console.log(`  opens with ${KEYS} keys in    ${(performance.now() - began).toFixed(0)} ms`);
    await store[Symbol.asyncDispose]();
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function memory(): Promise<void> {
  await using store = await openMemoryStore();
  console.log('memory:');
  await commits(store);
  await fanOut(store);
  await reads(store);
}

async function etcd(): Promise<void> {
  await using cluster = await startEtcd({ members: 1 });
  await using store = await openEtcdStore({ endpoints: cluster.endpoints });
  console.log('etcd, one member:');
  await commits(store);
  await fanOut(store);
  await reads(store);
}

const engines = { embedded, etcd, memory };
for (const [name, run] of Object.entries(engines)) if ((process.argv[2] ?? name) === name) await run();
