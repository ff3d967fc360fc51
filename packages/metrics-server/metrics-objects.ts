/**
 * Usage as objects of the resource metrics API.
 *
 * Source: `k8s.io/metrics/pkg/apis/metrics/v1beta1`; metrics-server's units (nanocores, Ki).
 */
import type { Node } from '#kinds/core/node/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { NodeMetrics } from '#kinds/metrics/node-metrics/schema.ts';
import type { PodMetrics } from '#kinds/metrics/pod-metrics/schema.ts';
import { formatDuration } from '#machinery/duration.ts';
import { formatQuantity, quantityOf } from '#machinery/quantity.ts';
import { formatTime } from '#machinery/time.ts';
import type { Usage, UsageReader } from './usage-store.ts';

const API_VERSION = 'metrics.k8s.io/v1beta1';
const KI = 1024;

function amounts({ cpuNanos, memoryBytes }: Usage): Readonly<Record<string, string>> {
  return { cpu: formatQuantity({ nanos: BigInt(cpuNanos), format: 'DecimalSI' }), memory: quantityOf(Math.trunc(memoryBytes / KI) * KI, 'BinarySI') };
}

function metadataOf({ metadata }: Node | Pod, nowMs: number): NodeMetrics['metadata'] {
  const { name = '', namespace, labels } = metadata;
  return { name, ...(namespace ? { namespace } : {}), creationTimestamp: formatTime(nowMs), ...(labels ? { labels } : {}) };
}

const windowText = (ms: number): string => formatDuration(BigInt(Math.round(ms)) * 1_000_000n);

/** What the node uses; `undefined` when that is not known. */
export function nodeMetricsOf(node: Node, usages: UsageReader, nowMs: number): NodeMetrics | undefined {
  const usage = usages.node(node);
  if (!usage) return undefined;
  return { kind: 'NodeMetrics', apiVersion: API_VERSION, metadata: metadataOf(node, nowMs), timestamp: formatTime(usage.atMs), window: windowText(usage.windowMs), usage: amounts(usage) };
}

/** What the pod's containers use; `undefined` when that is not known. Its window is the one that ended first. */
export function podMetricsOf(pod: Pod, usages: UsageReader, nowMs: number): PodMetrics | undefined {
  const containers = usages.pod(pod);
  const earliest = containers?.toSorted((a, b) => a.atMs - b.atMs)[0];
  if (!containers || !earliest) return undefined;
  return {
    kind: 'PodMetrics',
    apiVersion: API_VERSION,
    metadata: metadataOf(pod, nowMs),
    timestamp: formatTime(earliest.atMs),
    window: windowText(earliest.windowMs),
    containers: containers.map((usage) => ({ name: usage.container, usage: amounts(usage) })),
  };
}
