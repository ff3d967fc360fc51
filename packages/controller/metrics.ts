/**
 * The metrics of controllers' work queues, under upstream's names.
 *
 * Source: component-base `metrics/prometheus/workqueue`.
 */
import type { MetricRegistry, Sample } from '#base/metrics.ts';
import type { ControllerRuntime, ControllerStats, RunningController } from './controller.ts';

/** 10 ns to 1000 s, by tens. */
const BUCKETS: readonly number[] = Array.from({ length: 12 }, (_, i) => 10 ** (i - 8));

const BETA = { stability: 'BETA' } as const;

/** Registers the metrics of `controllers`, which may still grow; answers what each controller reports its reconciles to. */
export function registerMetrics(metrics: MetricRegistry, controllers: readonly RunningController[]): NonNullable<ControllerRuntime['observe']> {
  const labels = ['name'];
  const each = (read: (stats: ControllerStats) => number) => (): Sample[] => controllers.map(({ name, stats }) => ({ labels: [name], value: read(stats) }));
  metrics.gauge({ ...BETA, name: 'workqueue_depth', help: 'Current depth of workqueue', labels }, each(({ depth }) => depth));
  metrics.gauge({ ...BETA, name: 'workqueue_adds_total', help: 'Total number of adds handled by workqueue', labels, type: 'counter' }, each(({ added }) => added));
  metrics.gauge({ ...BETA, name: 'workqueue_retries_total', help: 'Total number of retries handled by workqueue', labels, type: 'counter' }, each(({ retried }) => retried));
  metrics.gauge({ name: 'navarch_controller_working', help: 'Keys being reconciled now', labels }, each(({ working }) => working));
  const unfinished = 'How many seconds of work has done that is in progress and hasn\'t been observed by work_duration. Large values indicate stuck threads. One can deduce the number of stuck threads by observing the rate at which this increases.';
  metrics.gauge({ ...BETA, name: 'workqueue_unfinished_work_seconds', help: unfinished, labels }, each(({ unfinishedMs }) => unfinishedMs / 1000));
  metrics.gauge({ ...BETA, name: 'workqueue_longest_running_processor_seconds', help: 'How many seconds has the longest running processor for workqueue been running.', labels }, each(({ longestMs }) => longestMs / 1000));
  const waited = metrics.histogram({ ...BETA, name: 'workqueue_queue_duration_seconds', help: 'How long in seconds an item stays in workqueue before being requested.', labels, buckets: BUCKETS });
  const worked = metrics.histogram({ ...BETA, name: 'workqueue_work_duration_seconds', help: 'How long in seconds processing an item from workqueue takes.', labels, buckets: BUCKETS });
  return (name, waitedSeconds, workedSeconds) => {
    waited.observe(waitedSeconds, [name]);
    worked.observe(workedSeconds, [name]);
  };
}
