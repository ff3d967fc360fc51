import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { silentLogger } from '#base/log.ts';
import { SimClock } from '#base/testing/sim-clock.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { formatTime } from '#machinery/time.ts';
import { nodeMetricsOf, podMetricsOf } from './metrics-objects.ts';
import { startScraper } from './scraper.ts';
import { samplesOfMetrics } from './resource-metrics.ts';
import { UsageStore } from './usage-store.ts';

const node = { metadata: { name: 'a', labels: { zone: 'z' } } } as unknown as Node;
const pod = { metadata: { name: 'p', namespace: 'default', uid: 'u', labels: { app: 'web' } } } as unknown as Pod;

function text(nowMs: number, cpuSeconds: number, bytes: number): string {
  const labels = 'container="c",namespace="default",pod="p"';
  return [
    '# TYPE container_cpu_usage_seconds_total counter',
    `container_cpu_usage_seconds_total{${labels}} ${cpuSeconds} ${nowMs}`,
    `container_memory_working_set_bytes{${labels}} ${bytes} ${nowMs}`,
    'container_cpu_usage_seconds_total{container="ended",namespace="default",pod="p"} 5 1',
    `node_cpu_usage_seconds_total ${10 * cpuSeconds} ${nowMs}`,
    `node_memory_working_set_bytes ${10 * bytes} ${nowMs}`,
    'resource_scrape_error 0',
    '',
  ].join('\n');
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
      source: (name) => (name === 'a' ? Promise.resolve(samplesOfMetrics(text(clock.now(), (clock.now() - startMs) / 4000, 3_000_000), clock.now())) : Promise.reject(new Error('connection refused'))),
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
    for (const [atMs, cpu] of [[0, 100], [10_000, 110]] as const) store.add('a', samplesOfMetrics(text(atMs, cpu, 1), atMs));
    assert.equal(store.pod(pod)?.[0]?.cpuNanos, 1_000_000_000);
    store.add('a', samplesOfMetrics(text(20_000, 1, 1), 20_000));
    assert.equal(store.pod(pod), undefined);
    store.add('a', samplesOfMetrics(text(30_000, 2, 1), 30_000));
    assert.equal(store.pod(pod)?.[0]?.cpuNanos, 100_000_000);
    store.add('a', { ...samplesOfMetrics(text(40_000, 3, 1), 40_000), containers: [] });
    assert.equal(store.pod(pod), undefined);
    store.retain(new Set());
    assert.equal(store.node(node), undefined);
  });
});
