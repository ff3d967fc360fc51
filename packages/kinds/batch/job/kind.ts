import { defineKind } from '#machinery/kind.ts';
import { jobColumns } from './columns.ts';
import { defaultJob } from './defaults.ts';
import { type Job, job } from './schema.ts';
import { jobStatusSubresource, jobStrategy } from './strategy.ts';

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
    status: jobStatusSubresource,
  },
  defaults: defaultJob,
  strategy: jobStrategy,
  selectableFields: { 'status.successful': ({ status }) => String(status.succeeded ?? 0) },
  columns: jobColumns,
});
