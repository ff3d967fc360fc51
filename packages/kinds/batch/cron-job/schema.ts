import type { Infer } from '#machinery/schema.ts';
import { bool, embedded, int32, int64, list, message, oneOf, optional, pointer, required, string, time } from '#machinery/schema.ts';
import { jobTemplateSpec } from '../job/schema.ts';
import { objectReference } from '../../core/references.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const concurrencyPolicy = oneOf('Allow', 'Forbid', 'Replace');

export const cronJobSpec = message('batch/v1.CronJobSpec', {
  schedule: required(1, string),
  timeZone: pointer(8, string),
  startingDeadlineSeconds: pointer(2, int64),
  concurrencyPolicy: optional(3, concurrencyPolicy),
  suspend: pointer(4, bool),
  jobTemplate: required(5, jobTemplateSpec),
  successfulJobsHistoryLimit: pointer(6, int32),
  failedJobsHistoryLimit: pointer(7, int32),
});
export interface CronJobSpec extends Infer<typeof cronJobSpec> {}

export const cronJobStatus = message('batch/v1.CronJobStatus', {
  active: optional(1, list(objectReference)),
  lastScheduleTime: pointer(4, time),
  lastSuccessfulTime: pointer(5, time),
});
export interface CronJobStatus extends Infer<typeof cronJobStatus> {}

export const cronJob = message('batch/v1.CronJob', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: required(2, cronJobSpec),
  status: embedded(3, cronJobStatus),
});
export interface CronJob extends Infer<typeof cronJob> {}
