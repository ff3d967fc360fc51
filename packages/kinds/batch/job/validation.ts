/**
 * Rules for jobs.
 *
 * Source: kubernetes `pkg/apis/batch/validation` ValidateJob, ValidateJobSpec, ValidateJobUpdate.
 */
import { at, child, type FieldError, invalid, notSupported, required, tooLong } from '#machinery/field-error.ts';
import type { KindContext } from '#machinery/kind.ts';
import { validateDns1123Label, validateDomainPrefixedPath } from '#machinery/names.ts';
import { validateLabelSelector } from '#machinery/selectors.ts';
import { type Gated, matcherOf, selectorMatches } from '../../apps/validation.ts';
import { ratcheted } from '../../core/pod/validation/ratchet.ts';
import { podTemplateRules } from '../../core/pod/validation/template.ts';
import type { Gate } from '../../feature-gates.ts';
import { immutable, invalidEach, nonNegative, optionalOneOf } from '../../rules.ts';
import { CONTROLLER_UID_LABEL, JOB_NAME_LABEL, LEGACY_CONTROLLER_UID_LABEL, LEGACY_JOB_NAME_LABEL } from './labels.ts';
import { failurePolicyRules, successPolicyRules } from './policy-validation.ts';
import type { Job, JobSpec } from './schema.ts';
import { expectedTemplate } from './template-update.ts';

const MAX_MANAGED_BY = 63;
const MAX_INDEXED = 100_000;
/** Bounds of jobs with more completions than `MAX_INDEXED` and a backoff limit per index. */
const MAX_INDEXED_HIGH = 10_000;

/** A new or changed job. */
export function validateJob(job: Job, stored?: Job, { gate }: Gated = {}): FieldError[] {
  const { metadata, spec } = job;
  const errors = [...generatedSelectorRules(job, stored), ...jobSpecRules('spec', spec, gate)];
  if (!spec.selector) errors.push(required('spec.selector'));
  else errors.push(...validateLabelSelector(spec.selector, 'spec.selector'), ...selectorMatches('spec.template', spec.selector, spec.template));
  if (spec.completionMode === 'Indexed' && spec.completions) {
    const last = `${metadata.name}-${spec.completions - 1}`;
    if (validateDns1123Label(last).length)
      errors.push(invalid('metadata.name', metadata.name, `will not able to create pod with invalid DNS label: ${last}`));
  }
  return errors;
}

function generatedSelectorRules({ metadata, spec }: Job, stored: Job | undefined): FieldError[] {
  if (spec.manualSelector || !spec.selector) return [];
  const { name = '', uid = '' } = metadata;
  const errors = uid ? [] : [required('metadata.uid')];
  const earlier = stored?.spec.template.metadata?.labels;
  // Jobs from before the long labels go on without them.
  const long = !stored || (earlier?.[JOB_NAME_LABEL] !== undefined && earlier[CONTROLLER_UID_LABEL] !== undefined);
  const expected: Record<string, string> = {
    [LEGACY_CONTROLLER_UID_LABEL]: uid,
    [LEGACY_JOB_NAME_LABEL]: name,
    ...(long ? { [CONTROLLER_UID_LABEL]: uid, [JOB_NAME_LABEL]: name } : {}),
  };
  const labels = spec.template.metadata?.labels ?? {};
  for (const [key, value] of Object.entries(expected)) {
    const here = at('spec.template.metadata.labels', key);
    if (labels[key] === undefined) errors.push(required(here, `must be '${value}'`));
    else if (labels[key] !== value) errors.push(invalid(here, labels, `must be '${value}'`));
  }
  if (matcherOf(spec.selector)?.matches(expected) === false) errors.push(invalid('spec.selector', spec.selector, '`selector` not auto-generated'));
  return errors;
}

/** The spec of a job, also inside a cron job. */
export function jobSpecRules(field: string, spec: JobSpec, gate?: Gate): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'backoffLimitPerIndex',
    'maxFailedIndexes',
  ] as const) {
    errors.push(...nonNegative(child(field, name), spec[name]));
  }
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined)
    errors.push(required(child(field, 'backoffLimitPerIndex'), 'when maxFailedIndexes is specified'));
  if (spec.managedBy !== undefined) {
    errors.push(...invalidEach(child(field, 'managedBy'), spec.managedBy, validateDomainPrefixedPath(spec.managedBy)));
    if (spec.managedBy.length > MAX_MANAGED_BY) errors.push(tooLong(child(field, 'managedBy'), MAX_MANAGED_BY));
  }
  errors.push(...completionRules(field, spec));
  if (spec.podFailurePolicy) errors.push(...failurePolicyRules(child(field, 'podFailurePolicy'), spec));
  if (spec.successPolicy) errors.push(...successPolicyRules(child(field, 'successPolicy'), spec));
  errors.push(...replacementRules(child(field, 'podReplacementPolicy'), spec), ...podTemplateRules(child(field, 'template'), spec.template, gate));
  errors.push(...restartPolicyRules(child(field, 'template', 'spec', 'restartPolicy'), spec));
  return errors;
}

function completionRules(field: string, spec: JobSpec): FieldError[] {
  const errors = optionalOneOf(child(field, 'completionMode'), spec.completionMode, ['NonIndexed', 'Indexed']);
  if (spec.completionMode === 'Indexed') return [...errors, ...indexedRules(field, spec)];
  for (const name of ['backoffLimitPerIndex', 'maxFailedIndexes'] as const) {
    if (spec[name] !== undefined) errors.push(invalid(child(field, name), spec[name], 'requires indexed completion mode'));
  }
  return errors;
}

function indexedRules(field: string, { completions, parallelism = 0, maxFailedIndexes, backoffLimitPerIndex }: JobSpec): FieldError[] {
  const errors = completions === undefined ? [required(child(field, 'completions'), 'when completion mode is Indexed')] : [];
  const inParallel = child(field, 'parallelism');
  const inFailed = child(field, 'maxFailedIndexes');
  if (parallelism > MAX_INDEXED)
    errors.push(invalid(inParallel, parallelism, `must be less than or equal to ${MAX_INDEXED} when completion mode is Indexed`));
  if (completions !== undefined && maxFailedIndexes !== undefined && maxFailedIndexes > completions)
    errors.push(invalid(inFailed, maxFailedIndexes, 'must be less than or equal to completions'));
  if (maxFailedIndexes !== undefined && maxFailedIndexes > MAX_INDEXED)
    errors.push(invalid(inFailed, maxFailedIndexes, `must be less than or equal to ${MAX_INDEXED}`));
  if (completions === undefined || completions <= MAX_INDEXED || backoffLimitPerIndex === undefined) return errors;
  const text = `must be less than or equal to ${MAX_INDEXED_HIGH} when completions are above ${MAX_INDEXED} and used with backoff limit per index`;
  if (maxFailedIndexes === undefined) errors.push(required(inFailed, `must be specified when completions is above ${MAX_INDEXED}`));
  if (parallelism > MAX_INDEXED_HIGH) errors.push(invalid(inParallel, parallelism, text));
  if (maxFailedIndexes !== undefined && maxFailedIndexes > MAX_INDEXED_HIGH) errors.push(invalid(inFailed, maxFailedIndexes, text));
  return errors;
}

function replacementRules(field: string, { podReplacementPolicy: policy, podFailurePolicy }: JobSpec): FieldError[] {
  if (policy === undefined) return [];
  if (podFailurePolicy) return policy === 'Failed' ? [] : [notSupported(field, policy, ['Failed'])];
  return optionalOneOf(field, policy, ['Failed', 'TerminatingOrFailed']);
}

function restartPolicyRules(field: string, { template, podFailurePolicy }: JobSpec): FieldError[] {
  const policy = template.spec.restartPolicy;
  if (!policy || policy === 'Always') return [required(field, 'valid values: "OnFailure", "Never"')];
  if (policy !== 'OnFailure' && policy !== 'Never') return [notSupported(field, policy, ['OnFailure', 'Never'])];
  return podFailurePolicy && policy !== 'Never' ? [invalid(field, policy, 'only "Never" is supported when podFailurePolicy is specified')] : [];
}

/** A changed job: what its pods are does not change, except where they may be placed and what they request while it waits suspended. */
export function validateJobUpdate(job: Job, stored: Job, context: Pick<KindContext, 'gate'>): FieldError[] {
  const { spec } = job;
  return [
    ...ratcheted(validateJob(job, stored, context), () => validateJob(stored, stored, context)),
    ...completionsUpdate('spec.completions', spec, stored.spec),
    ...immutable('spec.selector', spec.selector, stored.spec.selector),
    ...immutable('spec.template', spec.template, expectedTemplate(job, stored, context)),
    ...(['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'] as const).flatMap((name) =>
      immutable(child('spec', name), spec[name], stored.spec[name]),
    ),
  ];
}

function completionsUpdate(field: string, spec: JobSpec, stored: JobSpec): FieldError[] {
  if (spec.completions === stored.completions) return [];
  const elastic = spec.completionMode === 'Indexed' && spec.completions !== undefined && stored.completions !== undefined;
  if (!elastic) return immutable(field, spec.completions, stored.completions);
  return spec.completions === spec.parallelism ? [] : [invalid(field, spec.completions, 'can only be modified in tandem with spec.parallelism')];
}
