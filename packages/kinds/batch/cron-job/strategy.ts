/**
 * The life of a cron job.
 *
 * Source: kubernetes `pkg/registry/batch/cronjob/strategy.go`, `pkg/apis/batch/v1/defaults.go`.
 */
import type { Column, Strategy, Subresource } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import { ageText } from '#machinery/time.ts';
import { ageColumn, nameColumn, NONE, selectorCell, selectorColumn } from '../../cells.ts';
import { defaultPodTemplate } from '../../core/pod/defaults.ts';
import { specStrategy, statusSubresource } from '../../strategy.ts';
import { podNamesWarnings } from '../../warnings.ts';
import { defaultFailurePolicy } from '../job/defaults.ts';
import { jobSpecWarnings } from '../job/warnings.ts';
import type { CronJob } from './schema.ts';
import { validateCronJob, validateCronJobUpdate } from './validation.ts';

const KEPT_SUCCESSES = 3;
const KEPT_FAILURES = 1;
const ZONE_IN_SCHEDULE =
  'CRON_TZ or TZ used in schedule is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details';

/** Fills a cron job; the rest of its job template is filled when a job is made of it. */
export function defaultCronJob(draft: Draft<CronJob>): void {
  const spec = (draft.spec ??= {});
  spec.concurrencyPolicy ||= 'Allow';
  spec.suspend ??= false;
  spec.successfulJobsHistoryLimit ??= KEPT_SUCCESSES;
  spec.failedJobsHistoryLimit ??= KEPT_FAILURES;
  const job = spec.jobTemplate?.spec;
  if (!job) return;
  defaultFailurePolicy(job);
  defaultPodTemplate(job.template);
}

/** Rules of a cron job's life. */
export const cronJobStrategy: Strategy<CronJob> = {
  ...specStrategy<CronJob>({}),
  unconditionalUpdate: true,
  validate: validateCronJob,
  validateUpdate: validateCronJobUpdate,
  warnings({ metadata, spec }, stored) {
    const changed = !stored || stored.metadata.generation !== metadata.generation;
    const warnings = stored ? [] : podNamesWarnings(metadata.name);
    if (changed) warnings.push(...jobSpecWarnings('spec.jobTemplate.spec', spec.jobTemplate.spec));
    if (spec.schedule.includes('TZ')) warnings.push(`spec.schedule: ${ZONE_IN_SCHEDULE}`);
    return warnings;
  },
};

/** `status`. */
export const cronJobStatusSubresource: Subresource = statusSubresource<CronJob>();

/** What `kubectl get cronjobs` shows. */
export const cronJobColumns: readonly Column<CronJob>[] = [
  nameColumn,
  {
    name: 'Schedule',
    type: 'string',
    description: 'The schedule in Cron format, see https://en.wikipedia.org/wiki/Cron.',
    cell: ({ spec }) => spec.schedule,
  },
  { name: 'Timezone', type: 'string', description: 'The time zone of the schedule.', cell: ({ spec }) => spec.timeZone ?? NONE },
  { name: 'Suspend', type: 'boolean', description: 'Whether new jobs are held back.', cell: ({ spec }) => (spec.suspend ? 'True' : 'False') },
  { name: 'Active', type: 'integer', description: 'Jobs that run now.', cell: ({ status }) => status.active?.length ?? 0 },
  {
    name: 'Last Schedule',
    type: 'string',
    description: 'When a job was last made.',
    cell: ({ status }, nowMs) => (status.lastScheduleTime ? ageText(status.lastScheduleTime, nowMs) : NONE),
  },
  ageColumn,
  {
    name: 'Containers',
    type: 'string',
    description: 'Names of each container in the template.',
    priority: 1,
    cell: ({ spec }) =>
      containersOf(spec)
        .map(({ name }) => name)
        .join(','),
  },
  {
    name: 'Images',
    type: 'string',
    description: 'Images referenced by each container in the template.',
    priority: 1,
    cell: ({ spec }) =>
      containersOf(spec)
        .map(({ image }) => image ?? '')
        .join(','),
  },
  selectorColumn(({ spec }) => selectorCell(spec.jobTemplate.spec.selector)),
];

function containersOf({ jobTemplate }: CronJob['spec']): readonly { readonly name: string; readonly image?: string }[] {
  return jobTemplate.spec.template.spec.containers ?? [];
}
