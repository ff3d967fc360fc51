/**
 * Rules for cron jobs.
 *
 * Source: kubernetes `pkg/apis/batch/validation` ValidateCronJobCreate, ValidateCronJobUpdate.
 */
import { type FieldError, invalid, notSupported, required } from '#machinery/field-error.ts';
import type { Gated } from '../../apps/validation.ts';
import { ratcheted } from '../../core/pod/validation/ratchet.ts';
import type { Gate } from '../../feature-gates.ts';
import { nonNegative, requiredOneOf } from '../../rules.ts';
import { jobSpecRules } from '../job/validation.ts';
import { isTimeZone, parseCronSchedule } from './schedule.ts';
import type { CronJob, CronJobSpec } from './schema.ts';

/** Longest name: the name of a job is made from it and eleven more characters. */
const MAX_NAME = 52;

/** A new cron job. */
export function validateCronJob({ metadata, spec }: CronJob, { gate }: Gated = {}): FieldError[] {
  const errors = specRules(spec, undefined, gate);
  if ((metadata.name ?? '').length > MAX_NAME) errors.push(invalid('metadata.name', metadata.name, `must be no more than ${MAX_NAME} characters`));
  return errors;
}

/** A changed cron job. Names that are too long were accepted once. */
export function validateCronJobUpdate({ spec }: CronJob, stored: CronJob, { gate }: Gated = {}): FieldError[] {
  return ratcheted(specRules(spec, stored.spec, gate), () => specRules(stored.spec, stored.spec, gate));
}

function specRules(spec: CronJobSpec, stored: CronJobSpec | undefined, gate: Gate | undefined): FieldError[] {
  const errors = spec.schedule ? scheduleRules('spec.schedule', spec, stored) : [required('spec.schedule')];
  errors.push(...nonNegative('spec.startingDeadlineSeconds', spec.startingDeadlineSeconds));
  if (!stored || stored.timeZone !== spec.timeZone) errors.push(...timeZoneRules('spec.timeZone', spec.timeZone));
  errors.push(
    ...requiredOneOf('spec.concurrencyPolicy', spec.concurrencyPolicy, ['Allow', 'Forbid', 'Replace']),
    ...jobSpecRules('spec.jobTemplate.spec', spec.jobTemplate.spec, gate),
  );
  const { selector, manualSelector } = spec.jobTemplate.spec;
  if (selector) errors.push(invalid('spec.jobTemplate.spec.selector', selector, '`selector` will be auto-generated'));
  if (manualSelector) errors.push(notSupported('spec.jobTemplate.spec.manualSelector', manualSelector, ['nil', 'false']));
  errors.push(
    ...nonNegative('spec.successfulJobsHistoryLimit', spec.successfulJobsHistoryLimit),
    ...nonNegative('spec.failedJobsHistoryLimit', spec.failedJobsHistoryLimit),
  );
  return errors;
}

function scheduleRules(field: string, { schedule, timeZone }: CronJobSpec, stored: CronJobSpec | undefined): FieldError[] {
  const errors: FieldError[] = [];
  try {
    parseCronSchedule(schedule);
  } catch (problem) {
    errors.push(invalid(field, schedule, problem instanceof Error ? problem.message : String(problem)));
  }
  if (!schedule.includes('TZ')) return errors;
  if (!stored?.schedule.includes('TZ')) errors.push(invalid(field, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'));
  else if (timeZone !== undefined) errors.push(invalid(field, schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule'));
  return errors;
}

/** The names of the time zone database, with the digits of its older ones. */
const ZONE_PART = /^(?!-|\.\.?$)[A-Za-z._0-9+-]{1,14}$/;

function timeZoneRules(field: string, timeZone: string | undefined): FieldError[] {
  if (timeZone === undefined) return [];
  if (!timeZone) return [invalid(field, timeZone, 'timeZone must be nil or non-empty string')];
  const unknown = invalid(field, timeZone, `unknown time zone ${timeZone}`);
  if (!timeZone.split('/').every((part) => ZONE_PART.test(part))) return [unknown];
  const local = timeZone.toLowerCase() === 'local';
  const errors = local ? [invalid(field, timeZone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones')] : [];
  if (timeZone !== 'Local' && !isTimeZone(timeZone)) errors.push(unknown);
  return errors;
}
