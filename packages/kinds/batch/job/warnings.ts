/** Warnings of jobs. Source: kubernetes `pkg/api/job/warnings.go`. */
import { child } from '#machinery/field-error.ts';
import { podTemplateWarnings } from '../../core/pod/warnings.ts';
import type { JobSpec } from './schema.ts';

const MANY_COMPLETIONS = 100_000;
const MANY_AT_ONCE = 10_000;
const UNTRACKABLE =
  'In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail';

/** What may go wrong with a job that is accepted, its pods included. */
export function jobSpecWarnings(field: string, { completionMode, completions = 0, parallelism = 0, template }: JobSpec): string[] {
  const untrackable = completionMode === 'Indexed' && completions > MANY_COMPLETIONS && parallelism > MANY_AT_ONCE;
  const own = untrackable ? [`${field}: ${UNTRACKABLE}`] : [];
  return [...own, ...podTemplateWarnings(child(field, 'template'), template)];
}
