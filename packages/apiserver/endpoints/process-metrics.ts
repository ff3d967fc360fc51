/** Gauges of the process and of the priority levels. Source: Prometheus client conventions; apiserver `flowcontrol/metrics`. */
import { performance } from 'node:perf_hooks';
import type { MetricRegistry, Sample } from '#base/metrics.ts';
import type { Fairness } from '../fairness/fairness.ts';
import type { PriorityLevel } from '../fairness/priority-level.ts';

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

/** What runs and waits in each priority level. */
export function addFairnessMetrics(metrics: MetricRegistry, fairness: Fairness): void {
  const perLevel = (read: (level: PriorityLevel) => number) => (): Sample[] => [...fairness.levels()].map((level) => ({ labels: [level.name], value: read(level) }));
  const labels = ['priority_level'];
  metrics.gauge({ name: 'apiserver_flowcontrol_current_executing_requests', help: 'Number of requests in initial (for a WATCH) or any (for a non-WATCH) execution stage.', labels }, perLevel((level) => level.running));
  metrics.gauge({ name: 'apiserver_flowcontrol_current_inqueue_requests', help: 'Number of requests currently pending in queues.', labels }, perLevel((level) => level.waiting));
  const finite = (seats: number): number => (Number.isFinite(seats) ? seats : 0);
  metrics.gauge({ name: 'apiserver_flowcontrol_nominal_limit_seats', help: 'Nominal number of execution seats configured for each priority level', labels }, perLevel((level) => finite(level.limits.seats)));
  metrics.gauge({ name: 'apiserver_flowcontrol_current_limit_seats', help: 'current derived number of execution seats available to each priority level', labels }, perLevel((level) => finite(level.seats)));
}
