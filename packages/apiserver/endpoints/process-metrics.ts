/** Gauges of the process. Source: Prometheus client conventions. */
import { performance } from 'node:perf_hooks';
import type { MetricRegistry } from '#base/metrics.ts';

/** Memory, processor time and event loop of this process. */
export function addProcessMetrics(metrics: MetricRegistry): void {
  metrics.gauge({ name: 'process_resident_memory_bytes', help: 'Resident memory size in bytes.' }, () => process.memoryUsage.rss());
  metrics.gauge({ name: 'process_cpu_seconds_total', help: 'Total user and system CPU time spent in seconds.', type: 'counter' }, () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  metrics.gauge({ name: 'process_start_time_seconds', help: 'Start time of the process since unix epoch in seconds.' }, () => performance.timeOrigin / 1000);
  metrics.gauge({ name: 'nodejs_eventloop_utilization', help: 'The part of its time that the event loop was busy, since the start.' }, () => performance.eventLoopUtilization().utilization);
}
