/**
 * The life of a job.
 *
 * Source: kubernetes `pkg/registry/batch/job/strategy.go`.
 */
import type { Strategy, Subresource } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import { specStrategy, statusSubresource } from '../../strategy.ts';
import { CONTROLLER_UID_LABEL, JOB_NAME_LABEL, LEGACY_CONTROLLER_UID_LABEL, LEGACY_JOB_NAME_LABEL } from './labels.ts';
import { jobSpecWarnings } from './warnings.ts';
import { podNamesWarnings } from '../../warnings.ts';
import type { Job } from './schema.ts';
import { validateJobStatus } from './status-validation.ts';
import { validateJob, validateJobUpdate } from './validation.ts';

const ordinary = specStrategy<Job>({});

/** Rules of a job's life. Its pods are orphaned by a delete that does not say otherwise, as ever since `batch/v1` exists. */
export const jobStrategy: Strategy<Job> = {
  ...ordinary,
  unconditionalUpdate: true,
  validate: (job, context) => validateJob(job, undefined, context),
  validateUpdate: validateJobUpdate,
  warnings({ metadata, spec }, stored) {
    if (stored && stored.metadata.generation === metadata.generation) return [];
    return [...(stored ? [] : podNamesWarnings(metadata.name)), ...jobSpecWarnings('spec', spec)];
  },
  defaultPropagation: 'Orphan',
  prepareForCreate(draft) {
    ordinary.prepareForCreate(draft);
    if (!draft.spec?.manualSelector) generateSelector(draft);
  },
};

/** Gives the pods labels that no other job's pods have, and selects them. Needs the job's name and UID. */
function generateSelector(draft: Draft<Job>): void {
  const { name = '', uid = '' } = draft.metadata ?? {};
  const spec = (draft.spec ??= {});
  const given = spec.template?.metadata?.labels;
  const labels: Record<string, string | undefined> = {
    [CONTROLLER_UID_LABEL]: uid,
    [JOB_NAME_LABEL]: name,
    [LEGACY_CONTROLLER_UID_LABEL]: uid,
    [LEGACY_JOB_NAME_LABEL]: name,
    ...given,
  };
  const ownLabels = draft.metadata?.labels;
  const copied = ownLabels === given || !Object.keys(ownLabels ?? {}).length;
  spec.template = { ...spec.template, metadata: { ...spec.template?.metadata, labels: labels as Record<string, string> } };
  if (copied) draft.metadata = { ...draft.metadata, labels: labels as Record<string, string> };
  spec.selector = { ...spec.selector, matchLabels: { [CONTROLLER_UID_LABEL]: uid, ...spec.selector?.matchLabels } };
}

/** `status`. */
export const jobStatusSubresource: Subresource = statusSubresource<Job>({ validate: validateJobStatus });
