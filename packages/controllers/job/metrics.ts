/**
 * Metrics of Jobs, under upstream's names.
 *
 * Source: kube-controller-manager `pkg/controller/job/metrics`.
 */
import type { MetricRegistry } from '#base/metrics.ts';
import type { Job } from '#kinds/batch/job/schema.ts';
import { isIndexed } from './job-pods.ts';

/** Counts ends of Jobs and of their pods. */
export interface JobMetrics {
  finished(job: Job, result: 'succeeded' | 'failed', reason: string): void;
  podsFinished(job: Job, result: 'succeeded' | 'failed', count: number): void;
  /** A failure policy decided about a failed pod. */
  policyDecided(action: string): void;
}

const mode = (job: Job): string => (isIndexed(job) ? 'Indexed' : 'NonIndexed');

/** Registers the metrics; without a registry nothing is kept. */
export function jobMetrics(registry: MetricRegistry | undefined): JobMetrics {
  const jobs = registry?.counter({ name: 'job_controller_job_finished_total', help: 'The number of finished jobs', labels: ['completion_mode', 'result', 'reason'] });
  const pods = registry?.counter({ name: 'job_controller_job_pods_finished_total', help: 'The number of finished Pods that are fully tracked', labels: ['completion_mode', 'result'] });
  const decisions = registry?.counter({
    name: 'job_controller_pod_failures_handled_by_failure_policy_total',
    help: 'The number of failed Pods handled by failure policy with respect to the failure policy action applied based on the matched rule.',
    labels: ['action'],
  });
  return {
    finished: (job, result, reason) => jobs?.increment([mode(job), result, reason]),
    podsFinished(job, result, count) {
      if (count > 0) pods?.increment([mode(job), result], count);
    },
    policyDecided: (action) => decisions?.increment([action]),
  };
}
