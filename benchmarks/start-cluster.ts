/**
 * A cluster inside a test: how long import, the first and later ones take, a Deployment on it, ten minutes of simulated time, snapshots and forks.
 *
 *     node benchmarks/start-cluster.ts
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type * as library from '#library/start-cluster.ts';

const BUNDLE = new URL('../dist/library.js', import.meta.url);
const SOURCE = new URL('../apps/library/start-cluster.ts', import.meta.url);
const LATER = 5;
const labels = { app: 'web' };
const DEPLOYMENT = { kind: 'Deployment', apiVersion: 'apps/v1', metadata: { name: 'web' }, spec: { replicas: 3, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } } } };

async function timed<T>(what: string, goalMs: number | undefined, act: () => Promise<T>): Promise<T> {
  const startMs = performance.now();
  const startCpu = process.cpuUsage();
  const result = await act();
  const { user, system } = process.cpuUsage(startCpu);
  const goal = goalMs === undefined ? '' : ` (goal ${goalMs} ms)`;
  console.log(`${what.padEnd(36)} ${(performance.now() - startMs).toFixed(1).padStart(8)} ms${goal}, ${((user + system) / 1000).toFixed(0)} ms of processor`);
  return result;
}

const entry = existsSync(fileURLToPath(BUNDLE)) ? BUNDLE : SOURCE;
const { startCluster } = await timed(`import (${entry === BUNDLE ? 'bundle' : 'source'})`, undefined, async () => (await import(entry.href)) as typeof library);
const first = await timed('first cluster', 300, () => startCluster());
const later = [];
for (let i = 0; i < LATER; i++) later.push(await timed(`cluster ${i + 2}`, 50, () => startCluster()));
await timed('Deployment of 3 available', undefined, async () => {
  await first.apply(DEPLOYMENT);
  const deployments = (await first.resource('apps/v1', 'Deployment')).namespace('default');
  await first.until(async () => ((await deployments.get('web', AbortSignal.timeout(10_000)))['status'] as { availableReplicas?: number }).availableReplicas === 3);
});
const simulated = await timed('cluster in simulated time', undefined, () => startCluster({ clock: 'simulated' }));
await timed('ten simulated minutes', undefined, () => simulated.advance('10m'));
const snapshot = await timed('snapshot', undefined, () => first.snapshot());
await timed('restore', undefined, () => first.restore(snapshot));
const fork = await timed('fork', undefined, () => first.fork({ snapshot }));
for (const cluster of [first, ...later, simulated, fork]) await cluster.dispose();
