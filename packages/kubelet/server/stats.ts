/**
 * Usage of node and pods: the summary that metrics servers read, and the same figures as Prometheus text.
 *
 * Source: kubernetes `k8s.io/kubelet/pkg/apis/stats/v1alpha1`, cadvisor metric names.
 */
import { readFile, statfs } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import type { Clock } from '#base/clock.ts';
import type { ContainerRuntime } from '#cri/runtime.ts';
import type { ContainerStats } from '#cri/stats.ts';
import { formatTime } from '#machinery/time.ts';
import { resourceMetricsText } from './resource-metrics.ts';
import { CONTAINER_NAME_LABEL, POD_NAME_LABEL, POD_NAMESPACE_LABEL, POD_UID_LABEL } from '../pod/names.ts';

/** Reads usage. */
export interface StatsOptions {
  readonly nodeName: string;
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly rootDirectory: string;
  readonly startedAtMs: number;
  /** When a container started; undefined when that is not known. */
  readonly containerStartedAtMs: (containerId: string) => number | undefined;
}

/** USER_HZ of Linux on every architecture we run on. */
const TICKS_PER_SECOND = 100;
const NANOS_PER_TICK = 1e9 / TICKS_PER_SECOND;

interface NodeUsage {
  readonly cpuNanos: number;
  readonly memoryUsage: number;
  readonly memoryWorkingSet: number;
  readonly memoryAvailable: number;
}

/** CPU time since boot and memory of the machine. */
async function nodeUsage(): Promise<NodeUsage> {
  const [cpu, memory] = await Promise.all([readFile('/proc/stat', 'utf8'), readFile('/proc/meminfo', 'utf8')]);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (cpu.split('\n')[0] ?? '').trim().split(/\s+/).slice(1).map(Number);
  const available = Number(/^MemAvailable:\s+(\d+)/m.exec(memory)?.[1] ?? 0) * 1024 || freemem();
  return {
    cpuNanos: (user + nice + system + irq + softirq + steal) * NANOS_PER_TICK,
    memoryUsage: totalmem() - freemem(),
    memoryWorkingSet: totalmem() - available,
    memoryAvailable: available,
  };
}

async function filesystem(path: string, time: string): Promise<Record<string, unknown>> {
  const { blocks, bfree, bavail, bsize, files, ffree } = await statfs(path);
  return { time, availableBytes: bavail * bsize, capacityBytes: blocks * bsize, usedBytes: (blocks - bfree) * bsize, inodesFree: ffree, inodes: files, inodesUsed: files - ffree };
}

function containerSummary(stats: ContainerStats, time: string): Record<string, unknown> {
  const { cpu, memory, writableLayer } = stats;
  return {
    name: stats.labels[CONTAINER_NAME_LABEL] ?? stats.metadata.name,
    startTime: time,
    cpu: { time, usageNanoCores: cpu?.usageNanoCores ?? 0, usageCoreNanoSeconds: cpu?.usageCoreNanoSeconds ?? 0 },
    memory: { time, workingSetBytes: memory?.workingSetBytes ?? 0, usageBytes: memory?.usageBytes ?? memory?.workingSetBytes ?? 0, rssBytes: memory?.rssBytes ?? 0 },
    rootfs: { time, usedBytes: writableLayer?.usedBytes ?? 0, inodesUsed: writableLayer?.inodesUsed ?? 0 },
  };
}

const sum = (all: readonly ContainerStats[], of: (stats: ContainerStats) => number | undefined): number => all.reduce((total, one) => total + (of(one) ?? 0), 0);

/** Containers by pod UID. */
function byPod(all: readonly ContainerStats[]): Map<string, ContainerStats[]> {
  const groups = new Map<string, ContainerStats[]>();
  for (const stats of all) {
    const uid = stats.labels[POD_UID_LABEL];
    if (uid === undefined) continue;
    const group = groups.get(uid);
    if (group) group.push(stats);
    else groups.set(uid, [stats]);
  }
  return groups;
}

/** Remembers the node's CPU time between two reads, for the rate. */
export function createStats(options: StatsOptions): { summary(signal: AbortSignal): Promise<unknown>; resource(signal: AbortSignal): Promise<string>; prometheus(signal: AbortSignal): Promise<string> } {
  let before: { readonly atMs: number; readonly cpuNanos: number } | undefined;
  const { runtime, clock, nodeName, rootDirectory, startedAtMs } = options;
  return {
    async summary(signal) {
      const [usage, containers] = await Promise.all([nodeUsage(), runtime.containerStats({}, signal)]);
      const nowMs = clock.now();
      const time = formatTime(nowMs);
      const usageNanoCores = before && nowMs > before.atMs ? Math.round(((usage.cpuNanos - before.cpuNanos) / (nowMs - before.atMs)) * 1000) : 0;
      before = { atMs: nowMs, cpuNanos: usage.cpuNanos };
      return {
        node: {
          nodeName,
          startTime: formatTime(startedAtMs),
          cpu: { time, usageNanoCores, usageCoreNanoSeconds: usage.cpuNanos },
          memory: { time, availableBytes: usage.memoryAvailable, usageBytes: usage.memoryUsage, workingSetBytes: usage.memoryWorkingSet },
          fs: await filesystem(rootDirectory, time),
        },
        pods: [...byPod(containers)].map(([uid, group]) => ({
          podRef: { name: group[0]?.labels[POD_NAME_LABEL] ?? '', namespace: group[0]?.labels[POD_NAMESPACE_LABEL] ?? '', uid },
          startTime: time,
          containers: group.map((stats) => containerSummary(stats, time)),
          cpu: { time, usageNanoCores: sum(group, ({ cpu }) => cpu?.usageNanoCores), usageCoreNanoSeconds: sum(group, ({ cpu }) => cpu?.usageCoreNanoSeconds) },
          memory: { time, workingSetBytes: sum(group, ({ memory }) => memory?.workingSetBytes), usageBytes: sum(group, ({ memory }) => memory?.usageBytes), rssBytes: sum(group, ({ memory }) => memory?.rssBytes) },
        })),
      };
    },
    async resource(signal) {
      const [node, containers] = await Promise.all([nodeUsage(), runtime.containerStats({}, signal)]);
      const ofPods = containers.filter(({ labels }) => labels[POD_UID_LABEL] !== undefined);
      return resourceMetricsText({ nowMs: clock.now(), node, containers: ofPods, startedAtMs: options.containerStartedAtMs });
    },
    async prometheus(signal) {
      const containers = await runtime.containerStats({}, signal);
      return prometheusText(containers);
    },
  };
}

const METRICS = [
  ['container_cpu_usage_seconds_total', 'counter', (stats: ContainerStats) => (stats.cpu?.usageCoreNanoSeconds ?? 0) / 1e9],
  ['container_memory_working_set_bytes', 'gauge', (stats: ContainerStats) => stats.memory?.workingSetBytes ?? 0],
  ['container_memory_usage_bytes', 'gauge', (stats: ContainerStats) => stats.memory?.usageBytes ?? 0],
  ['container_memory_rss', 'gauge', (stats: ContainerStats) => stats.memory?.rssBytes ?? 0],
  ['container_fs_usage_bytes', 'gauge', (stats: ContainerStats) => stats.writableLayer?.usedBytes ?? 0],
] as const;

function prometheusText(containers: readonly ContainerStats[]): string {
  const lines: string[] = [];
  for (const [name, type, valueOf] of METRICS) {
    lines.push(`# TYPE ${name} ${type}`);
    for (const stats of containers) {
      const { labels } = stats;
      const text = `container="${labels[CONTAINER_NAME_LABEL] ?? ''}",namespace="${labels[POD_NAMESPACE_LABEL] ?? ''}",pod="${labels[POD_NAME_LABEL] ?? ''}",id="${stats.containerId}"`;
      lines.push(`${name}{${text}} ${valueOf(stats)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}
