/** Gauges of the process and of the program. Source: Prometheus client conventions; component-base `metrics/version`. */
import { readdirSync, readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import type { MetricRegistry } from '#base/metrics.ts';

const BUILD_LABELS = ['buildDate', 'compiler', 'gitCommit', 'gitTreeState', 'gitVersion', 'goVersion', 'major', 'minor', 'platform'] as const;

/** Memory, processor time, open files and event loop of this process. */
export function addProcessMetrics(metrics: MetricRegistry): void {
  metrics.gauge({ name: 'process_resident_memory_bytes', help: 'Resident memory size in bytes.' }, () => process.memoryUsage.rss());
  metrics.gauge({ name: 'process_cpu_seconds_total', help: 'Total user and system CPU time spent in seconds.', type: 'counter' }, () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  metrics.gauge({ name: 'process_start_time_seconds', help: 'Start time of the process since unix epoch in seconds.' }, () => performance.timeOrigin / 1000);
  metrics.gauge({ name: 'nodejs_eventloop_utilization', help: 'The part of its time that the event loop was busy, since the start.' }, () => performance.eventLoopUtilization().utilization);
  if (process.platform !== 'linux') return;
  metrics.gauge({ name: 'process_virtual_memory_bytes', help: 'Virtual memory size in bytes.' }, () => 1024 * fieldOf('/proc/self/status', /^VmSize:\s+(\d+)/m));
  metrics.gauge({ name: 'process_open_fds', help: 'Number of open file descriptors.' }, () => readdirSync('/proc/self/fd').length);
  metrics.gauge({ name: 'process_max_fds', help: 'Maximum number of open file descriptors.' }, () => fieldOf('/proc/self/limits', /^Max open files\s+(\d+)/m));
}

/** What the program says it is; `version` as `/version` tells it. */
export function addBuildMetrics(metrics: MetricRegistry, version: Readonly<Record<string, string>>): void {
  const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const help = 'A metric with a constant \'1\' value labeled by major, minor, git version, git commit, git tree state, build date, Go version, and compiler from which Kubernetes was built, and platform on which it is running.';
  metrics.gauge({ name: 'kubernetes_build_info', help, stability: 'ALPHA', labels: BUILD_LABELS.map(snake) }, () => [{ stability: 'ALPHA', labels: BUILD_LABELS.map((name) => version[name] ?? ''), value: 1 }]);
}

function fieldOf(file: string, pattern: RegExp): number {
  return Number(pattern.exec(readFileSync(file, 'utf8'))?.[1] ?? 0);
}
