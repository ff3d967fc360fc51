/**
 * Keeps a CronJob's status in step with its Jobs: which are active, when one last succeeded, which are old.
 *
 * Source: upstream `pkg/controller/cronjob/cronjob_controllerv2.go`.
 */
import type { CronJob, CronJobStatus } from '#kinds/batch/cron-job/schema.ts';
import type { Job } from '#kinds/batch/job/schema.ts';
import type { ObjectReference } from '#kinds/core/references.ts';
import { timeToMs } from '#machinery/time.ts';
import { isFinished } from '../job/verdict.ts';

/** What was noticed. */
export type Notice =
  | { readonly type: 'unexpected'; readonly job: Job }
  | { readonly type: 'completed'; readonly job: Job; readonly condition: string };

/** The status after looking at the Jobs, and what to tell. Active Jobs that are nowhere to be seen are `missing`: ask the server. */
export interface ActiveJobs {
  readonly status: CronJobStatus;
  readonly notices: readonly Notice[];
  readonly missing: readonly ObjectReference[];
}

/** How a Job ended: `Complete`, `Failed`, or empty while it runs. */
export function endOf(job: Job): string {
  return job.status.conditions?.find(({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True')?.type ?? '';
}

/** Compares the status with the Jobs. */
export function observeJobs(cronJob: CronJob, jobs: readonly Job[]): ActiveJobs {
  const notices: Notice[] = [];
  let active = cronJob.status.active ?? [];
  let { lastSuccessfulTime } = cronJob.status;
  for (const job of jobs) {
    const { uid } = job.metadata;
    const listed = active.some((reference) => reference.uid === uid);
    if (!listed && !isFinished(job)) notices.push({ type: 'unexpected', job });
    else if (listed && isFinished(job)) {
      active = active.filter((reference) => reference.uid !== uid);
      notices.push({ type: 'completed', job, condition: endOf(job) });
    }
    const { completionTime } = job.status;
    if (endOf(job) !== 'Complete' || !completionTime) continue;
    if (!lastSuccessfulTime || timeToMs(completionTime) > timeToMs(lastSuccessfulTime)) lastSuccessfulTime = completionTime;
  }
  const known = new Set(jobs.map(({ metadata }) => metadata.uid));
  const missing = active.filter(({ uid }) => !known.has(uid));
  return { status: { ...cronJob.status, active, ...(lastSuccessfulTime ? { lastSuccessfulTime } : {}) }, notices, missing };
}

/** Finished Jobs beyond the history limits, oldest first. */
export function outdatedJobs(cronJob: CronJob, jobs: readonly Job[]): readonly Job[] {
  const startedMs = ({ status, metadata }: Job): number => timeToMs(status.startTime ?? metadata.creationTimestamp ?? '1970-01-01T00:00:00Z');
  const beyond = (end: string, limit: number | undefined): readonly Job[] => {
    if (limit === undefined) return [];
    const ended = jobs.filter((job) => endOf(job) === end).toSorted((a, b) => startedMs(a) - startedMs(b));
    return ended.slice(0, Math.max(ended.length - limit, 0));
  };
  return [...beyond('Complete', cronJob.spec.successfulJobsHistoryLimit), ...beyond('Failed', cronJob.spec.failedJobsHistoryLimit)];
}
