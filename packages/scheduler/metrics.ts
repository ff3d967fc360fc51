/**
 * The scheduler's metrics, by the names that dashboards and alerts for kube-scheduler use.
 *
 * Source: the documented metrics of kube-scheduler.
 */
import type { Counter, Histogram, MetricRegistry } from '#base/metrics.ts';

/** Upper bounds that grow by a factor. */
function exponential(start: number, factor: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => start * factor ** i);
}

/** What is counted where the scheduler works; gauges are read from its parts. */
export interface SchedulerMetrics {
  /** result (scheduled, unschedulable, error), profile */
  readonly attempts: Counter;
  /** result, profile */
  readonly attemptSeconds: Histogram;
  readonly algorithmSeconds: Histogram;
  /** attempts */
  readonly sliSeconds: Histogram;
  readonly podAttempts: Histogram;
  readonly preemptionAttempts: Counter;
  readonly preemptionVictims: Histogram;
  /** extension_point, status, profile */
  readonly pointSeconds: Histogram;
  /** plugin, extension_point, status; one cycle of ten */
  readonly pluginSeconds: Histogram;
  /** result */
  readonly permitWaitSeconds: Histogram;
  /** queue, event */
  readonly incoming: Counter;
}

/** Adds the scheduler's metrics to a registry. */
export function addSchedulerMetrics(registry: MetricRegistry): SchedulerMetrics {
  const attempts = exponential(0.001, 2, 15);
  return {
    attempts: registry.counter({
      name: 'scheduler_schedule_attempts_total', stability: 'STABLE',
      help: "Number of attempts to schedule pods, by the result. 'unschedulable' means a pod could not be scheduled, while 'error' means an internal scheduler problem.",
      labels: ['result', 'profile'],
    }),
    attemptSeconds: registry.histogram({
      name: 'scheduler_scheduling_attempt_duration_seconds', stability: 'STABLE',
      help: 'Scheduling attempt latency in seconds (scheduling algorithm + binding)',
      labels: ['result', 'profile'],
      buckets: attempts,
    }),
    algorithmSeconds: registry.histogram({ name: 'scheduler_scheduling_algorithm_duration_seconds', stability: 'ALPHA', help: 'Scheduling algorithm latency in seconds', buckets: attempts }),
    sliSeconds: registry.histogram({
      name: 'scheduler_pod_scheduling_sli_duration_seconds', stability: 'BETA',
      help: 'E2e latency for a pod being scheduled, from the time the pod enters the scheduling queue and might involve multiple scheduling attempts.',
      labels: ['attempts'],
      buckets: exponential(0.01, 2, 20),
    }),
    podAttempts: registry.histogram({ name: 'scheduler_pod_scheduling_attempts', stability: 'STABLE', help: 'Number of attempts to successfully schedule a pod.', buckets: exponential(1, 2, 5) }),
    preemptionAttempts: registry.counter({ name: 'scheduler_preemption_attempts_total', stability: 'STABLE', help: 'Total preemption attempts in the cluster till now' }),
    preemptionVictims: registry.histogram({ name: 'scheduler_preemption_victims', stability: 'STABLE', help: 'Number of selected preemption victims', buckets: exponential(1, 2, 7) }),
    pointSeconds: registry.histogram({
      name: 'scheduler_framework_extension_point_duration_seconds', stability: 'STABLE',
      help: 'Latency for running all plugins of a specific extension point.',
      labels: ['extension_point', 'status', 'profile'],
      buckets: exponential(0.0001, 2, 12),
    }),
    pluginSeconds: registry.histogram({
      name: 'scheduler_plugin_execution_duration_seconds', stability: 'ALPHA',
      help: 'Duration for running a plugin at a specific extension point.',
      labels: ['plugin', 'extension_point', 'status'],
      buckets: exponential(0.00001, 1.5, 20),
    }),
    permitWaitSeconds: registry.histogram({ name: 'scheduler_permit_wait_duration_seconds', stability: 'ALPHA', help: 'Duration of waiting on permit.', labels: ['result'], buckets: attempts }),
    incoming: registry.counter({
      name: 'scheduler_queue_incoming_pods_total', stability: 'STABLE',
      help: 'Number of pods added to scheduling queues by event and queue type.',
      labels: ['queue', 'event'],
    }),
  };
}

/** Where the gauges get their values. */
export interface GaugeSources {
  /** Waiting pods by queue: active, backoff, unschedulable, gated. */
  pending(): Readonly<Record<string, number>>;
  /** Waiting pods by the plugin that rejected them and their profile. */
  unschedulableBy(): Iterable<{ readonly plugin: string; readonly profile: string; readonly count: number }>;
  cache(): { readonly nodes: number; readonly pods: number; readonly assumed: number };
  binding(): number;
}

/** Adds the gauges of a running scheduler. */
export function addSchedulerGauges(registry: MetricRegistry, sources: GaugeSources): void {
  registry.gauge(
    { name: 'scheduler_pending_pods', stability: 'STABLE', help: "Number of pending pods, by the queue type. 'active' means number of pods in activeQ; 'backoff' means number of pods in backoffQ; 'unschedulable' means number of pods in unschedulablePods that the scheduler attempted to schedule and failed; 'gated' is the number of unschedulable pods that the scheduler never attempted to schedule because they are gated.", labels: ['queue'] },
    () => Object.entries(sources.pending()).map(([queue, value]) => ({ labels: [queue], value })),
  );
  registry.gauge({ name: 'scheduler_unschedulable_pods', stability: 'ALPHA', help: 'The number of unschedulable pods broken down by plugin name. A pod will increment the gauge for all plugins that caused it to not schedule and so this metric have meaning only when broken down by plugin.', labels: ['plugin', 'profile'] }, () =>
    [...sources.unschedulableBy()].map(({ plugin, profile, count }) => ({ labels: [plugin, profile], value: count })),
  );
  registry.gauge({ name: 'scheduler_cache_size', stability: 'ALPHA', help: 'Number of nodes, pods, and assumed (bound) pods in the scheduler cache.', labels: ['type'] }, () => {
    const { nodes, pods, assumed } = sources.cache();
    return [
      { labels: ['nodes'], value: nodes },
      { labels: ['pods'], value: pods },
      { labels: ['assumed_pods'], value: assumed },
    ];
  });
  registry.gauge({ name: 'scheduler_goroutines', stability: 'ALPHA', help: 'Number of running goroutines split by the work they do such as binding.', labels: ['operation'] }, () => [{ labels: ['binding'], value: sources.binding() }]);
}
