import { defineKind } from '#machinery/kind.ts';
import { type CronJob, cronJob } from './schema.ts';
import { cronJobColumns, cronJobStatusSubresource, cronJobStrategy, defaultCronJob } from './strategy.ts';

/** `cronjobs` of batch. */
export const cronJobs = defineKind<CronJob>({
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  plural: 'cronjobs',
  shortNames: ['cj'],
  categories: ['all'],
  namespaced: true,
  schema: cronJob,
  subresources: {
    status: cronJobStatusSubresource,
  },
  defaults: defaultCronJob,
  strategy: cronJobStrategy,
  columns: cronJobColumns,
});
