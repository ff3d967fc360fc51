import { defineKind } from '#machinery/kind.ts';
import { type Job, job } from './schema.ts';

/** `jobs` of batch. */
export const jobs = defineKind<Job>({
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  plural: 'jobs',
  categories: ['all'],
  namespaced: true,
  schema: job,
  subresources: {
    status: { verbs: ['get', 'patch', 'update'] },
  },
});
