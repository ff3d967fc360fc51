/**
 * Defaults of jobs.
 *
 * Source: kubernetes `pkg/apis/batch/v1/defaults.go`.
 */
import type { KindContext } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import { defaultPodTemplate } from '../../core/pod/defaults.ts';
import type { Job, JobSpec } from './schema.ts';

const DEFAULT_BACKOFF_LIMIT = 6;
/** With a limit per index, the job as a whole has none. */
const UNLIMITED_BACKOFF = 2_147_483_647;

/** Fills a job. Labels of the template become the job's own where it has none: the same object, which tells the strategy so. */
export function defaultJob(draft: Draft<Job>, context: Pick<KindContext, 'gate'>): void {
  const spec = (draft.spec ??= {});
  defaultJobSpec(spec, context);
  const labels = spec.template?.metadata?.labels;
  if (labels && Object.keys(labels).length && !Object.keys(draft.metadata?.labels ?? {}).length) {
    draft.metadata = { ...draft.metadata, labels };
  }
}

function defaultJobSpec(spec: Draft<JobSpec>, context: Pick<KindContext, 'gate'>): void {
  if (spec.completions === undefined && spec.parallelism === undefined) {
    spec.completions = 1;
    spec.parallelism = 1;
  }
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? DEFAULT_BACKOFF_LIMIT : UNLIMITED_BACKOFF;
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  if (context.gate('JobPodReplacementPolicy')) spec.podReplacementPolicy ??= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed';
  spec.manualSelector ??= false;
  defaultFailurePolicy(spec);
  defaultPodTemplate(spec.template);
}

/** Fills the conditions of a failure policy; a job template inside a cron job gets only this and its pod template. */
export function defaultFailurePolicy(spec: Draft<JobSpec>): void {
  for (const rule of spec.podFailurePolicy?.rules ?? []) for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True';
}
