/**
 * Rules for jobs.
 *
 * Source: kubernetes `pkg/apis/batch/validation` ValidateJob, ValidateJobSpec, ValidateJobUpdate.
 */
import { at, child, type FieldError, invalid, notSupported, required, tooLong } from '#machinery/field-error.ts';
import { validateDns1123Label, validateDomainPrefixedPath } from '#machinery/names.ts';
import { validateLabelSelector } from '#machinery/selectors.ts';
import { matcherOf, selectorMatches } from '../../apps/validation.ts';
import type { PodSpec, PodTemplateSpec } from '../../core/pod/schema.ts';
import { podTemplateRules } from '../../core/pod/validation/template.ts';
import { immutable, invalidEach, nonNegative, optionalOneOf } from '../../rules.ts';
import { sameValue } from '../../semantic-equal.ts';
import { CONTROLLER_UID_LABEL, JOB_NAME_LABEL, LEGACY_CONTROLLER_UID_LABEL, LEGACY_JOB_NAME_LABEL } from './labels.ts';
import { failurePolicyRules, successPolicyRules } from './policy-validation.ts';
import type { Job, JobSpec } from './schema.ts';

const MAX_MANAGED_BY = 63;
const MAX_INDEXED = 100_000;
/** Bounds of jobs with more completions than `MAX_INDEXED` and a backoff limit per index. */
const MAX_INDEXED_HIGH = 10_000;

/** A new or changed job. */
export function validateJob(job: Job): FieldError[] {
  const { metadata, spec } = job;
  const errors = [...generatedSelectorRules(job), ...jobSpecRules('spec', spec)];
  if (!spec.selector) errors.push(required('spec.selector'));
  else errors.push(...validateLabelSelector(spec.selector, 'spec.selector'), ...selectorMatches('spec.template', spec.selector, spec.template));
  if (spec.completionMode === 'Indexed' && spec.completions) {
    const last = `${metadata.name}-${spec.completions - 1}`;
    if (validateDns1123Label(last).length)
      errors.push(invalid('metadata.name', metadata.name, `will not able to create pod with invalid DNS label: ${last}`));
  }
  return errors;
}

function generatedSelectorRules({ metadata, spec }: Job): FieldError[] {
  if (spec.manualSelector || !spec.selector) return [];
  const { name = '', uid = '' } = metadata;
  const errors = uid ? [] : [required('metadata.uid')];
  const expected: Record<string, string> = {
    [LEGACY_CONTROLLER_UID_LABEL]: uid,
    [LEGACY_JOB_NAME_LABEL]: name,
    [CONTROLLER_UID_LABEL]: uid,
    [JOB_NAME_LABEL]: name,
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
export function jobSpecRules(field: string, spec: JobSpec): FieldError[] {
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
  errors.push(...replacementRules(child(field, 'podReplacementPolicy'), spec), ...podTemplateRules(child(field, 'template'), spec.template));
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
  if (completions === undefined) return [required(child(field, 'completions'), 'when completion mode is Indexed')];
  const errors: FieldError[] = [];
  const inParallel = child(field, 'parallelism');
  const inFailed = child(field, 'maxFailedIndexes');
  if (parallelism > MAX_INDEXED)
    errors.push(invalid(inParallel, parallelism, `must be less than or equal to ${MAX_INDEXED} when completion mode is Indexed`));
  if (maxFailedIndexes !== undefined && maxFailedIndexes > completions)
    errors.push(invalid(inFailed, maxFailedIndexes, 'must be less than or equal to completions'));
  if (maxFailedIndexes !== undefined && maxFailedIndexes > MAX_INDEXED)
    errors.push(invalid(inFailed, maxFailedIndexes, `must be less than or equal to ${MAX_INDEXED}`));
  if (completions <= MAX_INDEXED || backoffLimitPerIndex === undefined) return errors;
  const text = `must be less than or equal to ${MAX_INDEXED_HIGH} when completions are above ${MAX_INDEXED} and used with backoff limit per index`;
  if (maxFailedIndexes === undefined) errors.push(required(inFailed, `must be specified when completions is above ${MAX_INDEXED}`));
  else if (maxFailedIndexes > MAX_INDEXED_HIGH) errors.push(invalid(inFailed, maxFailedIndexes, text));
  if (parallelism > MAX_INDEXED_HIGH) errors.push(invalid(inParallel, parallelism, text));
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

/** A changed job: what its pods are does not change, except where they may be placed while it waits suspended. */
export function validateJobUpdate(job: Job, stored: Job): FieldError[] {
  const { spec } = job;
  const mayMove = stored.spec.suspend === true && stored.status.startTime === undefined;
  const template = mayMove ? withPlacement(stored.spec.template, spec.template) : stored.spec.template;
  return [
    ...validateJob(job),
    ...completionsUpdate('spec.completions', spec, stored.spec),
    ...immutable('spec.selector', spec.selector, stored.spec.selector),
    ...immutable('spec.template', spec.template, template),
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

/** The stored template with the scheduling directives of the new one. */
function withPlacement(stored: PodTemplateSpec, next: PodTemplateSpec): PodTemplateSpec {
  const spec: { -readonly [K in keyof PodSpec]: PodSpec[K] } = { ...stored.spec };
  for (const name of ['nodeSelector', 'tolerations', 'schedulingGates'] as const) assign(spec, name, next.spec[name]);
  const affinity = { ...stored.spec.affinity };
  if (next.spec.affinity?.nodeAffinity) affinity.nodeAffinity = next.spec.affinity.nodeAffinity;
  else delete affinity.nodeAffinity;
  assign(spec, 'affinity', Object.keys(affinity).length || next.spec.affinity ? affinity : undefined);
  const metadata = { ...stored.metadata };
  assign(metadata, 'labels', next.metadata?.labels);
  assign(metadata, 'annotations', next.metadata?.annotations);
  return { ...stored, metadata: sameValue(metadata, {}) ? next.metadata : metadata, spec };
}

function assign<T, K extends keyof T>(target: { -readonly [P in keyof T]?: T[P] }, name: K, value: T[K] | undefined): void {
  if (value === undefined) delete target[name];
  else target[name] = value;
}

/** A new status. */
export function validateJobStatus({ status }: Job): FieldError[] {
  return (['active', 'succeeded', 'failed', 'terminating', 'ready'] as const).flatMap((name) => nonNegative(child('status', name), status[name]));
}
