import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerStats } from '#cri/stats.ts';
import { CONTAINER_NAME_LABEL, POD_NAME_LABEL, POD_NAMESPACE_LABEL } from '../pod/names.ts';
import { resourceMetricsText } from './resource-metrics.ts';

test('usage is told per container, pod and node, each with its time', () => {
  const container = (name: string, cpuSeconds: number, bytes: number): ContainerStats => ({
    containerId: name,
    metadata: { name, attempt: 0 },
    labels: { [CONTAINER_NAME_LABEL]: name, [POD_NAME_LABEL]: 'web', [POD_NAMESPACE_LABEL]: 'default' },
    cpu: { timestampMs: 2_000, usageCoreNanoSeconds: cpuSeconds * 1e9 },
    memory: { timestampMs: 3_000, workingSetBytes: bytes },
  });
  const { cpu: _, memory: __, ...unmeasured } = container('new', 0, 0);
  const text = resourceMetricsText({
    nowMs: 4_000,
    node: { cpuNanos: 9.5e9, memoryWorkingSet: 100 },
    containers: [container('a', 1.5, 10), container('b', 2, 20), unmeasured],
    startedAtMs: (id) => (id === 'a' ? 1_500 : undefined),
  });
  assert.deepEqual(
    text.split('\n').filter((line) => line !== '' && !line.startsWith('#')),
    [
      'container_cpu_usage_seconds_total{container="a",namespace="default",pod="web"} 1.5 2000',
      'container_cpu_usage_seconds_total{container="b",namespace="default",pod="web"} 2 2000',
      'container_memory_working_set_bytes{container="a",namespace="default",pod="web"} 10 3000',
      'container_memory_working_set_bytes{container="b",namespace="default",pod="web"} 20 3000',
      'container_start_time_seconds{container="a",namespace="default",pod="web"} 1.5 4000',
      'node_cpu_usage_seconds_total 9.5 4000',
      'node_memory_working_set_bytes 100 4000',
      'pod_cpu_usage_seconds_total{namespace="default",pod="web"} 3.5 4000',
      'pod_memory_working_set_bytes{namespace="default",pod="web"} 30 4000',
      'resource_scrape_error 0',
    ],
  );
  assert.match(text, /# HELP container_cpu_usage_seconds_total \[STABLE\] Cumulative cpu time/);
});
