/**
 * Whether a Job is over, and why.
 *
 * Source: upstream `pkg/controller/job/job_controller.go`; the documented conditions FailureTarget, SuccessCriteriaMet, Failed and Complete.
 */
import type { Job, JobCondition } from '#kinds/batch/job/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { formatTime, timeToMs } from '#machinery/time.ts';
import { findCondition } from '../workload/conditions.ts';
import { isFailed, isIndexed } from './job-pods.ts';
import { judgeFailure, metSuccessRule } from './policies.ts';
import type { JobSnapshot } from './snapshot.ts';

/** Why a Job ends: it turns into FailureTarget and then Failed, or into SuccessCriteriaMet and then Complete. */
export interface Verdict {
  readonly success: boolean;
  readonly reason: string;
  readonly message: string;
}

/** A condition that begins now. */
export function jobCondition(type: string, status: 'True' | 'False', reason: string, message: string, nowMs: number): JobCondition {
  const now = formatTime(nowMs);
  return { type, status, lastProbeTime: now, lastTransitionTime: now, ...(reason ? { reason } : {}), ...(message ? { message } : {}) };
}

/** Whether the Job has ended for good. */
export function isFinished(job: Job): boolean {
  return job.status.conditions?.some(({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True') ?? false;
}

const failure = (reason: string, message: string): Verdict => ({ success: false, reason, message });

/** The verdict reached in an earlier pass. */
function earlierVerdict(job: Job): Verdict | undefined {
  for (const type of ['SuccessCriteriaMet', 'FailureTarget']) {
    const condition = findCondition(job.status.conditions, type);
    if (condition?.status === 'True') return { success: type === 'SuccessCriteriaMet', reason: condition.reason ?? '', message: condition.message ?? '' };
  }
  return undefined;
}

/** Restarts of containers in place count too when pods restart on failure. */
function restartsExceed(job: Job, pods: readonly Pod[]): boolean {
  if (job.spec.template.spec.restartPolicy !== 'OnFailure') return false;
  let restarts = 0;
  for (const { status } of pods) {
    if (status.phase !== 'Running' && status.phase !== 'Pending') continue;
    for (const one of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]) restarts += one.restartCount;
  }
  const limit = job.spec.backoffLimit ?? 0;
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

/** Milliseconds until the Job has been active for too long; `undefined` without such a limit or while suspended. */
export function deadlineInMs(job: Job, nowMs: number): number | undefined {
  const { activeDeadlineSeconds, suspend } = job.spec;
  if (activeDeadlineSeconds === undefined || suspend || !job.status.startTime) return undefined;
  return timeToMs(job.status.startTime) + activeDeadlineSeconds * 1000 - nowMs;
}

function failureByLimits({ job, pods, failed }: JobSnapshot, nowMs: number): Verdict | undefined {
  if (failed > (job.spec.backoffLimit ?? 6) || restartsExceed(job, pods)) {
    return failure('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  }
  if ((deadlineInMs(job, nowMs) ?? 1) <= 0) return failure('DeadlineExceeded', 'Job was active longer than specified deadline');
  return undefined;
}

function verdictByIndexes({ job, failedIndexes, succeededIndexes }: JobSnapshot): Verdict | undefined {
  const completions = job.spec.completions ?? 0;
  if (failedIndexes) {
    const { maxFailedIndexes } = job.spec;
    if (maxFailedIndexes !== undefined && failedIndexes.size > maxFailedIndexes) {
      return failure('MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes');
    }
    if (failedIndexes.size > 0 && failedIndexes.size + succeededIndexes.size >= completions) return failure('FailedIndexes', 'Job has failed indexes');
  }
  const met = metSuccessRule(job.spec.successPolicy, completions, succeededIndexes);
  return met === undefined ? undefined : { success: true, reason: 'SuccessPolicy', message: met };
}

/** The verdict that ends the Job although pods may still run; `undefined` while it goes on. */
export function reachVerdict(snapshot: JobSnapshot, nowMs: number): Verdict | undefined {
  const { job, pods } = snapshot;
  const earlier = earlierVerdict(job);
  if (earlier) return earlier;
  for (const pod of job.spec.podFailurePolicy ? pods : []) {
    const why = isFailed(pod, job) ? judgeFailure(job, pod).failsJob : undefined;
    if (why !== undefined) return failure('PodFailurePolicy', why);
  }
  return failureByLimits(snapshot, nowMs) ?? (isIndexed(job) ? verdictByIndexes(snapshot) : undefined);
}

/** Whether enough pods have succeeded and none is active any more. */
export function isComplete({ job, succeeded }: JobSnapshot, active: number): boolean {
  if (active > 0) return false;
  return job.spec.completions === undefined ? succeeded > 0 : succeeded >= job.spec.completions;
}

/** The verdict of a Job that reached its completions. */
export const COMPLETIONS_REACHED: Verdict = { success: true, reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' };
