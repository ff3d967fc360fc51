/**
 * `/metrics/resource`: what node, pods and containers use, in the form that metrics servers read.
 *
 * Source: kubernetes `pkg/kubelet/metrics/collectors/resource_metrics.go`.
 */
import type { ContainerStats } from '#cri/stats.ts';
import { CONTAINER_NAME_LABEL, POD_NAME_LABEL, POD_NAMESPACE_LABEL } from '../pod/names.ts';

/** What was measured. */
export interface ResourceUsage {
  readonly nowMs: number;
  readonly node: { readonly cpuNanos: number; readonly memoryWorkingSet: number };
  readonly containers: readonly ContainerStats[];
  /** When a container started, in milliseconds since the epoch; undefined when that is not known. */
  readonly startedAtMs: (containerId: string) => number | undefined;
}

const NANOS = 1e9;

interface Line {
  readonly labels: string;
  readonly value: number | undefined;
  readonly atMs: number;
}

/** A label value, quoted. */
const quoted = (text: string): string => `"${text.replace(/[\\"\n]/g, (one) => (one === '\n' ? '\\n' : `\\${one}`))}"`;

const podLabels = ({ labels }: ContainerStats): string => `namespace=${quoted(labels[POD_NAMESPACE_LABEL] ?? '')},pod=${quoted(labels[POD_NAME_LABEL] ?? '')}`;
const containerLabels = (stats: ContainerStats): string => `{container=${quoted(stats.labels[CONTAINER_NAME_LABEL] ?? stats.metadata.name)},${podLabels(stats)}}`;

const seconds = (nanos: number | undefined): number | undefined => (nanos === undefined ? undefined : nanos / NANOS);

/** The text, with the time of each measurement in milliseconds. */
export function resourceMetricsText({ nowMs, node, containers, startedAtMs }: ResourceUsage): string {
  const perContainer = (read: (stats: ContainerStats) => { readonly value: number | undefined; readonly atMs: number }): Line[] => containers.map((stats) => ({ labels: containerLabels(stats), ...read(stats) }));
  const pods = [...Map.groupBy(containers, podLabels)];
  const perPod = (read: (stats: ContainerStats) => number | undefined): Line[] =>
    pods.map(([labels, group]) => ({ labels: `{${labels}}`, value: group.reduce((sum, stats) => sum + (read(stats) ?? 0), 0), atMs: nowMs }));
  const cpu = (stats: ContainerStats): number | undefined => seconds(stats.cpu?.usageCoreNanoSeconds);
  const memory = (stats: ContainerStats): number | undefined => stats.memory?.workingSetBytes;
  const ofNode = (value: number): Line[] => [{ labels: '', value, atMs: nowMs }];
  return [
    family('container_cpu_usage_seconds_total', 'counter', 'Cumulative cpu time consumed by the container in core-seconds', perContainer((stats) => ({ value: cpu(stats), atMs: stats.cpu?.timestampMs ?? nowMs }))),
    family('container_memory_working_set_bytes', 'gauge', 'Current working set of the container in bytes', perContainer((stats) => ({ value: memory(stats), atMs: stats.memory?.timestampMs ?? nowMs }))),
    family('container_start_time_seconds', 'gauge', 'Start time of the container since unix epoch in seconds', perContainer((stats) => ({ value: secondsOfMs(startedAtMs(stats.containerId)), atMs: nowMs }))),
    family('node_cpu_usage_seconds_total', 'counter', 'Cumulative cpu time consumed by the node in core-seconds', ofNode(node.cpuNanos / NANOS)),
    family('node_memory_working_set_bytes', 'gauge', 'Current working set of the node in bytes', ofNode(node.memoryWorkingSet)),
    family('pod_cpu_usage_seconds_total', 'counter', 'Cumulative cpu time consumed by the pod in core-seconds', perPod(cpu)),
    family('pod_memory_working_set_bytes', 'gauge', 'Current working set of the pod in bytes', perPod(memory)),
    '# HELP resource_scrape_error [STABLE] 1 if there was an error while getting container metrics, 0 otherwise\n# TYPE resource_scrape_error gauge\nresource_scrape_error 0\n',
  ].join('');
}

const secondsOfMs = (ms: number | undefined): number | undefined => (ms === undefined || ms <= 0 ? undefined : ms / 1000);

function family(name: string, type: 'counter' | 'gauge', help: string, lines: readonly Line[]): string {
  const known = lines.filter(({ value }) => value !== undefined);
  if (known.length === 0) return '';
  return `# HELP ${name} [STABLE] ${help}\n# TYPE ${name} ${type}\n${known.map(({ labels, value, atMs }) => `${name}${labels} ${value} ${Math.round(atMs)}\n`).join('')}`;
}
