/**
 * Reads `/metrics/resource` of kubelets.
 *
 * Source: the Prometheus text exposition format; kubernetes `pkg/kubelet/metrics/collectors/resource_metrics.go`.
 */
import type { ContainerSample, NodeSamples } from './samples.ts';

const NANOS = 1e9;

interface Figures {
  readonly namespace: string;
  readonly name: string;
  readonly container: string;
  atMs: number;
  cpuNanos?: number;
  memoryBytes?: number;
}

/** The samples in the text; what was not measured is left out. @throws Error when nothing is known of the node */
export function samplesOfMetrics(text: string, nowMs: number): NodeSamples {
  const containers = new Map<string, Figures>();
  const node: { atMs: number; cpuNanos?: number; memoryBytes?: number } = { atMs: nowMs };
  for (const line of text.split('\n')) {
    const found = /^(container|node)_(cpu_usage_seconds_total|memory_working_set_bytes)(?:\{(.*)\})? (\S+)(?: (\d+))?$/.exec(line);
    if (!found) continue;
    const [, of, what, labels = '', value = '', at] = found;
    const figures = of === 'node' ? node : containerOf(containers, labels, nowMs);
    if (what === 'cpu_usage_seconds_total') {
      figures.cpuNanos = Number(value) * NANOS;
      if (at !== undefined) figures.atMs = Number(at); // it is the rate that depends on the time
    } else figures.memoryBytes = Number(value);
  }
  const { atMs, cpuNanos, memoryBytes } = node;
  if (cpuNanos === undefined || memoryBytes === undefined) throw new Error('the metrics say nothing of the node');
  return { node: { atMs, cpuNanos, memoryBytes }, containers: [...containers.values()].flatMap(sampleOf) };
}

function containerOf(containers: Map<string, Figures>, labels: string, nowMs: number): Figures {
  const known = containers.get(labels);
  if (known) return known;
  const label = (name: string): string => new RegExp(`(?:^|,)${name}="((?:[^"\\\\]|\\\\.)*)"`).exec(labels)?.[1] ?? '';
  const made: Figures = { namespace: label('namespace'), name: label('pod'), container: label('container'), atMs: nowMs };
  containers.set(labels, made);
  return made;
}

/** Containers without memory have ended, or have not begun. */
function sampleOf({ namespace, name, container, atMs, cpuNanos, memoryBytes }: Figures): ContainerSample[] {
  return cpuNanos === undefined || !memoryBytes ? [] : [{ pod: { namespace, name }, container, atMs, cpuNanos, memoryBytes }];
}
