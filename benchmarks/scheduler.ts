/**
 * Pods per second from creation to binding, in the cases of upstream's scheduler benchmarks; API server (memory store), informers and scheduler in one process.
 *
 *     node benchmarks/scheduler.ts [part of a case's name]
 *
 * Each case runs in a process of its own. Beside the rate by the clock stands the rate by processor time, which other load on the machine does not lower.
 */
import { execFileSync } from 'node:child_process';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { SCHEDULER_CASES, type SchedulerCase } from './scheduler-cases.ts';
import { openBenchmarkCluster } from './scheduler-cluster.ts';

const HEAP_MB = 3_500;

interface Rates {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

/** Runs one case. */
async function measure(one: SchedulerCase): Promise<Rates> {
  await using cluster = await openBenchmarkCluster();
  await cluster.addNamespaces(['default']);
  await cluster.addNodes(one.nodes, one.node ?? (() => ({})));
  const before = (await one.before?.(cluster)) ?? 0;
  await cluster.whenBound(before);
  const ending = new AbortController();
  const beside = one.beside?.(cluster, ending.signal);
  const startMs = performance.now();
  const cpuBefore = process.cpuUsage();
  await cluster.addPods(one.measured, one.namespace ?? 'default', one.pod);
  await cluster.whenBound(before + one.measured);
  const seconds = (performance.now() - startMs) / 1_000;
  const { user, system } = process.cpuUsage(cpuBefore);
  ending.abort();
  await beside;
  return { perSecond: one.measured / seconds, perCpuSecond: (one.measured * 1e6) / (user + system) };
}

async function main(): Promise<void> {
  const [wanted = '', alone] = process.argv.slice(2);
  if (alone === 'alone') {
    process.stdout.write(JSON.stringify(await measure(SCHEDULER_CASES.find((one) => one.name === wanted)!)));
    return;
  }
  console.log(`load before: ${loadavg()[0]!.toFixed(1)}`);
  for (const { name, least } of SCHEDULER_CASES.filter((one) => one.name.includes(wanted))) {
    const output = execFileSync(process.execPath, [`--max-old-space-size=${HEAP_MB}`, fileURLToPath(import.meta.url), name, 'alone'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
    const { perSecond, perCpuSecond } = JSON.parse(output) as Rates;
    const goal = least ? `at least ${least}` : '';
    console.log(`${name.padEnd(68)} ${perSecond.toFixed(0).padStart(6)} pods/s  ${goal.padEnd(14)} ${perCpuSecond.toFixed(0).padStart(6)} pods per processor second, load ${loadavg()[0]!.toFixed(1)}`);
  }
}

await main();
