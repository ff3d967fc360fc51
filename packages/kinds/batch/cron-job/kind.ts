import { defineKind } from '#machinery/kind.ts';
import { type CronJob, cronJob } from './schema.ts';

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
    status: { verbs: ['get', 'patch', 'update'] },
  },
});
