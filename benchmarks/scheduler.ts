/**
 * Pods per second from creation to binding, in the cases of upstream's scheduler benchmarks; API server (memory store), informers and scheduler in one process.
 *
 *     node benchmarks/scheduler.ts [part of a case's name]
 *
 * Each case runs in a process of its own.
 */
import { execFileSync } from 'node:child_process';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { SCHEDULER_CASES, type SchedulerCase } from './scheduler-cases.ts';
import { openBenchmarkCluster } from './scheduler-cluster.ts';

const HEAP_MB = 3_500;

/** Runs one case; answers pods per second. */
async function podsPerSecond(one: SchedulerCase): Promise<number> {
  await using cluster = await openBenchmarkCluster();
  await cluster.addNamespaces(['default']);
  await cluster.addNodes(one.nodes, one.node ?? (() => ({})));
  const before = (await one.before?.(cluster)) ?? 0;
  await cluster.whenBound(before);
  const ending = new AbortController();
  const beside = one.beside?.(cluster, ending.signal);
  const startMs = performance.now();
  await cluster.addPods(one.measured, one.namespace ?? 'default', one.pod);
  await cluster.whenBound(before + one.measured);
  const seconds = (performance.now() - startMs) / 1_000;
  ending.abort();
  await beside;
  return one.measured / seconds;
}

async function main(): Promise<void> {
  const [wanted = '', alone] = process.argv.slice(2);
  if (alone === 'alone') {
    const rate = await podsPerSecond(SCHEDULER_CASES.find((one) => one.name === wanted)!);
    process.stdout.write(String(rate));
    return;
  }
  console.log(`load before: ${loadavg()[0]!.toFixed(1)}`);
  for (const { name, least } of SCHEDULER_CASES.filter((one) => one.name.includes(wanted))) {
    const rate = Number(execFileSync(process.execPath, [`--max-old-space-size=${HEAP_MB}`, fileURLToPath(import.meta.url), name, 'alone'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));
    console.log(`${name.padEnd(70)} ${rate.toFixed(0).padStart(6)} pods/s${least ? `   (at least ${least})` : ''}   load ${loadavg()[0]!.toFixed(1)}`);
  }
}

await main();
