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
  /** Somebody else manages the Job. */
  external(manager: string): void;
  indexesFinished(job: Job, status: 'succeeded' | 'failed', count: number): void;
  /** A pod that has ended got, or lost, what keeps it for being counted. */
  tracked(event: 'add' | 'delete'): void;
  finished(job: Job, result: 'succeeded' | 'failed', reason: string): void;
  podsFinished(job: Job, result: 'succeeded' | 'failed', count: number): void;
  /** A failure policy decided about a failed pod. */
  policyDecided(action: string): void;
  /** One look at a Job. */
  synced(job: Job, result: 'success' | 'error', action: JobAction, seconds: number): void;
  podsCreated(why: JobPodReason, status: 'succeeded' | 'failed', count: number): void;
}

/** What a look at a Job led to. */
export type JobAction = 'reconciling' | 'tracking' | 'pods_created' | 'pods_deleted';
/** Why pods are created. */
export type JobPodReason = 'new' | 'recreate_terminating_or_failed' | 'recreate_failed';

/** 4 ms to 66 s, by twos. */
const SYNC_BUCKETS: readonly number[] = Array.from({ length: 15 }, (_, i) => 0.004 * 2 ** i);

const STABLE = { stability: 'STABLE' } as const;

const mode = (job: Job): string => (isIndexed(job) ? 'Indexed' : 'NonIndexed');

/** Registers the metrics; without a registry nothing is kept. */
export function jobMetrics(registry: MetricRegistry | undefined): JobMetrics {
  const jobs = registry?.counter({ name: 'job_controller_jobs_finished_total', help: 'The number of finished jobs', labels: ['completion_mode', 'result', 'reason'], ...STABLE });
  const pods = registry?.counter({ name: 'job_controller_job_pods_finished_total', help: 'The number of finished Pods that are fully tracked', labels: ['completion_mode', 'result'], ...STABLE });
  const decisions = registry?.counter({
    name: 'job_controller_pod_failures_handled_by_failure_policy_total',
    help: 'The number of failed Pods handled by failure policy with respect to the failure policy action applied based on the matched rule. Possible values of the action label correspond to the possible values for the failure policy rule action, which are: "FailJob", "Ignore" and "Count".',
    labels: ['action'],
  });
  const syncLabels = ['completion_mode', 'result', 'action'];
  const syncs = registry?.counter({ name: 'job_controller_job_syncs_total', help: 'The number of job syncs', labels: syncLabels, ...STABLE });
  const syncSeconds = registry?.histogram({ name: 'job_controller_job_sync_duration_seconds', help: 'The time it took to sync a job', labels: syncLabels, buckets: SYNC_BUCKETS, ...STABLE });
  const created = registry?.counter({
    name: 'job_controller_job_pods_creation_total',
    help: 'The number of Pods created by the Job controller labelled with a reason for the Pod creation.\nThis metric also distinguishes between Pods created using different PodReplacementPolicy settings.\nPossible values of the "reason" label are:\n"new", "recreate_terminating_or_failed", "recreate_failed".\nPossible values of the "status" label are:\n"succeeded", "failed".',
    labels: ['reason', 'status'],
  });
  const indexes = registry?.counter({
    name: 'job_controller_job_finished_indexes_total',
    help: 'The number of finished indexes. Possible values for the status label are: "succeeded", "failed". Possible values for the backoffLimit label are: "perIndex" and "global"',
    labels: ['status', 'backoffLimit'],
  });
  const external = registry?.counter({ name: 'job_controller_jobs_by_external_controller_total', help: 'The number of Jobs managed by an external controller', labels: ['controller_name'] });
  const tracked = registry?.counter({
    name: 'job_controller_terminated_pods_tracking_finalizer_total',
    help: 'The number of terminated pods (phase=Failed|Succeeded)\nthat have the finalizer batch.kubernetes.io/job-tracking\nThe event label can be "add" or "delete".',
    labels: ['event'],
  });
  return {
    external: (manager) => external?.increment([manager]),
    indexesFinished(job, status, count) {
      if (count > 0) indexes?.increment([status, job.spec.backoffLimitPerIndex === undefined ? 'global' : 'perIndex'], count);
    },
    tracked: (event) => tracked?.increment([event]),
    finished: (job, result, reason) => jobs?.increment([mode(job), result, reason]),
    podsFinished(job, result, count) {
      if (count > 0) pods?.increment([mode(job), result], count);
    },
    policyDecided: (action) => decisions?.increment([action]),
    synced(job, result, action, seconds) {
      syncs?.increment([mode(job), result, action]);
      syncSeconds?.observe(seconds, [mode(job), result, action]);
    },
    podsCreated(why, status, count) {
      if (count > 0) created?.increment([why, status], count);
    },
  };
}
