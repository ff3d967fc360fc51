import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { silentLogger } from '#base/log.ts';
import { SimClock } from '#base/testing/sim-clock.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { formatTime } from '#machinery/time.ts';
import { nodeMetricsOf, podMetricsOf } from './metrics-objects.ts';
import { startScraper } from './scraper.ts';
import { samplesOfSummary } from './summary.ts';
import { UsageStore } from './usage-store.ts';

const node = { metadata: { name: 'a', labels: { zone: 'z' } } } as unknown as Node;
const pod = { metadata: { name: 'p', namespace: 'default', uid: 'u', labels: { app: 'web' } } } as unknown as Pod;

function summary(nowMs: number, cpuSeconds: number, bytes: number) {
  const time = formatTime(nowMs);
  const usage = (seconds: number, memory: number) => ({ cpu: { time, usageCoreNanoSeconds: seconds * 1e9 }, memory: { workingSetBytes: memory } });
  return {
    node: { nodeName: 'a', ...usage(10 * cpuSeconds, 10 * bytes) },
    pods: [{ podRef: { name: 'p', namespace: 'default', uid: 'u' }, containers: [{ name: 'c', ...usage(cpuSeconds, bytes) }, { name: 'not measured' }] }],
  };
}

describe('usage', () => {
  it('is known after two measurements, over the time between them', async () => {
    const clock = new SimClock();
    const store = new UsageStore();
    const startMs = clock.now();
    const scraper = startScraper({
      nodes: () => ['a', 'gone'],
      store,
      clock,
      log: silentLogger,
      source: (name) => (name === 'a' ? Promise.resolve(samplesOfSummary(summary(clock.now(), (clock.now() - startMs) / 4000, 3_000_000), clock.now())) : Promise.reject(new Error('connection refused'))),
    });
    await clock.settle();
    assert.equal(podMetricsOf(pod, store, clock.now()), undefined);
    assert.equal(nodeMetricsOf(node, store, clock.now()), undefined);
    await clock.advance(20_000);
    assert.deepEqual(podMetricsOf(pod, store, clock.now()), {
      kind: 'PodMetrics',
      apiVersion: 'metrics.k8s.io/v1beta1',
      metadata: { name: 'p', namespace: 'default', creationTimestamp: formatTime(clock.now()), labels: { app: 'web' } },
      timestamp: formatTime(clock.now()),
      window: '15s',
      containers: [{ name: 'c', usage: { cpu: '250m', memory: '2929Ki' } }],
    });
    assert.deepEqual(nodeMetricsOf(node, store, clock.now())?.usage, { cpu: '2500m', memory: '29296Ki' });
    await scraper[Symbol.asyncDispose]();
  });

  it('a container that was restarted is measured anew, a pod that is gone is forgotten', () => {
    const store = new UsageStore();
    for (const [atMs, cpu] of [[0, 100], [10_000, 110]] as const) store.add('a', samplesOfSummary(summary(atMs, cpu, 1), atMs));
    assert.equal(store.pod(pod)?.[0]?.cpuNanos, 1_000_000_000);
    store.add('a', samplesOfSummary(summary(20_000, 1, 1), 20_000));
    assert.equal(store.pod(pod), undefined);
    store.add('a', samplesOfSummary(summary(30_000, 2, 1), 30_000));
    assert.equal(store.pod(pod)?.[0]?.cpuNanos, 100_000_000);
    store.add('a', { ...samplesOfSummary(summary(40_000, 3, 1), 40_000), containers: [] });
    assert.equal(store.pod(pod), undefined);
    store.retain(new Set());
    assert.equal(store.node(node), undefined);
  });
});
