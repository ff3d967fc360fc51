/**
 * Rules for the status of a job, whoever controls it. Most are about what an update changes, so that a status that breaks a rule
 * already, or that a new spec made wrong, can still be corrected step by step.
 *
 * Source: kubernetes `pkg/apis/batch/validation` ValidateJobUpdateStatus; KEP-4368.
 */
import { at, child, duplicate, type FieldError, invalid, invalidOmitted, required } from '#machinery/field-error.ts';
import { timeToMs } from '#machinery/time.ts';
import { nonNegative } from '../../rules.ts';
import { sameValue } from '../../semantic-equal.ts';
import { parseIndexes, sharedIndex } from './indexes.ts';
import type { Job, JobStatus } from './schema.ts';

const CONDITIONS = 'status.conditions';
const COUNTS = ['active', 'succeeded', 'failed', 'ready', 'terminating'] as const;

/** A job's status and what its conditions say of the end. */
interface Outcome {
  readonly status: JobStatus;
  readonly complete: boolean;
  readonly failed: boolean;
  readonly finished: boolean;
  readonly failureTarget: boolean;
  readonly successCriteriaMet: boolean;
}

/** What both sides of an update say, and whether a member of the status differs. */
interface Change {
  readonly job: Job;
  readonly next: Outcome;
  readonly stored: Outcome;
  readonly changed: (name: keyof JobStatus) => boolean;
}

/** A new status. */
export function validateJobStatus(job: Job, storedJob: Job): FieldError[] {
  const changed = (name: keyof JobStatus): boolean => !sameValue(job.status[name], storedJob.status[name]);
  const change: Change = { job, next: outcomeOf(job), stored: outcomeOf(storedJob), changed };
  return [
    ...COUNTS.flatMap((name) => nonNegative(child('status', name), job.status[name])),
    ...uncountedRules(job.status),
    ...verdictRules(change),
    ...finishedRules(change),
    ...indexRules(change),
    ...successRules(change),
    ...progressRules(change),
  ];
}

function outcomeOf({ status }: Job): Outcome {
  const holds = (wanted: string): boolean => status.conditions?.some((one) => one.type === wanted && one.status === 'True') ?? false;
  const complete = holds('Complete');
  const failed = holds('Failed');
  return { status, complete, failed, finished: complete || failed, failureTarget: holds('FailureTarget'), successCriteriaMet: holds('SuccessCriteriaMet') };
}

/** Pods that ended but are not counted yet: each once. */
function uncountedRules({ uncountedTerminatedPods }: JobStatus): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const name of ['succeeded', 'failed'] as const) {
    for (const [index, uid] of (uncountedTerminatedPods?.[name] ?? []).entries()) {
      const here = at(child('status.uncountedTerminatedPods', name), index);
      if (uid === '') errors.push(invalid(here, uid, 'must not be empty'));
      else if (seen.has(uid)) errors.push(duplicate(here, uid));
      else seen.add(uid);
    }
  }
  return errors;
}

/** Conditions that exclude or need each other, and the times that go with them. */
function verdictRules({ next, stored, changed }: Change): FieldError[] {
  const { status, complete, failed, failureTarget, successCriteriaMet } = next;
  const { startTime, completionTime } = status;
  const completeChanged = complete !== stored.complete;
  const failedChanged = failed !== stored.failed;
  const timeChanged = changed('completionTime');
  const errors: FieldError[] = [];
  if ((completeChanged || failedChanged) && complete && failed) errors.push(invalidOmitted(CONDITIONS, 'cannot set Complete=True and Failed=true conditions'));
  if ((completeChanged || failureTarget !== stored.failureTarget) && complete && failureTarget)
    errors.push(invalidOmitted(CONDITIONS, 'cannot set Complete=True and FailureTarget=true conditions'));
  if ((completeChanged || timeChanged) && completionTime !== undefined && !complete)
    errors.push(invalid('status.completionTime', completionTime, 'cannot set completionTime when there is no Complete=True condition'));
  if ((completeChanged || timeChanged) && completionTime === undefined && complete)
    errors.push(required('status.completionTime', 'completionTime is required for Complete jobs'));
  if ((changed('startTime') || timeChanged) && startTime !== undefined && completionTime !== undefined && timeToMs(completionTime) < timeToMs(startTime))
    errors.push(invalid('status.completionTime', completionTime, 'completionTime cannot be set before startTime'));
  if ((failedChanged || changed('failedIndexes')) && failed && !failureTarget)
    errors.push(invalidOmitted(CONDITIONS, 'cannot set Failed=True condition without the FailureTarget=true condition'));
  if ((completeChanged || changed('completedIndexes')) && complete && !successCriteriaMet)
    errors.push(invalidOmitted(CONDITIONS, 'cannot set Complete=True condition without the SuccessCriteriaMet=true condition'));
  return errors;
}

/** A job that is over has no pods left to wait for. */
function finishedRules({ next, stored, changed }: Change): FieldError[] {
  const { status, finished } = next;
  if (!finished) return [];
  const concerns = (name: keyof JobStatus): boolean => !stored.finished || changed(name);
  const { active = 0, startTime, uncountedTerminatedPods: uncounted, terminating = 0 } = status;
  const errors: FieldError[] = [];
  if (concerns('active') && active > 0) errors.push(invalid('status.active', active, 'active>0 is invalid for finished job'));
  if (concerns('startTime') && startTime === undefined) errors.push(required('status.startTime', 'startTime is required for finished job'));
  if (concerns('uncountedTerminatedPods') && (uncounted?.succeeded?.length ?? 0) + (uncounted?.failed?.length ?? 0) > 0)
    errors.push(invalid('status.uncountedTerminatedPods', uncounted, 'uncountedTerminatedPods needs to be empty for finished job'));
  if (concerns('terminating') && terminating > 0) errors.push(invalid('status.terminating', terminating, 'terminating>0 is invalid for finished job'));
  return errors;
}

/** Texts such as `0-2,5` name indexes of the job, and none of them both succeeded and failed. */
function indexRules({ job, next, changed }: Change): FieldError[] {
  const { completions, completionMode, backoffLimitPerIndex } = job.spec;
  const { completedIndexes = '', failedIndexes } = next.status;
  const errors: FieldError[] = [];
  const parse = (name: 'completedIndexes' | 'failedIndexes', text: string): void => {
    const parsed = parseIndexes(text, completions ?? 0);
    if (typeof parsed === 'string') errors.push(invalid(child('status', name), text, `error parsing ${name}: ${parsed}`));
  };
  if (changed('completedIndexes') && completions !== undefined) parse('completedIndexes', completedIndexes);
  if (changed('failedIndexes') && completions !== undefined && backoffLimitPerIndex !== undefined && failedIndexes !== undefined) parse('failedIndexes', failedIndexes);
  if (changed('completedIndexes') && completedIndexes !== '' && completionMode !== 'Indexed')
    errors.push(invalid('status.completedIndexes', completedIndexes, 'cannot set non-empty completedIndexes when non-indexed completion mode'));
  if (changed('failedIndexes') && failedIndexes !== undefined && backoffLimitPerIndex === undefined)
    errors.push(invalid('status.failedIndexes', failedIndexes, 'cannot set non-null failedIndexes when backoffLimitPerIndex is null'));
  if ((changed('failedIndexes') || changed('completedIndexes')) && completions !== undefined && failedIndexes !== undefined) {
    const both = sharedIndex(completedIndexes, failedIndexes, completions);
    if (both !== undefined) errors.push(invalid('status.failedIndexes', failedIndexes, `failedIndexes and completedIndexes overlap at index: ${both}`));
  }
  return errors;
}

/** When the criteria of success may be said to be met. */
function successRules({ job, next, changed }: Change): FieldError[] {
  const { status, successCriteriaMet, failed, failureTarget, complete } = next;
  const errors: FieldError[] = [];
  if ((changed('ready') || changed('active')) && (status.ready ?? 0) > (status.active ?? 0))
    errors.push(invalid('status.ready', status.ready, 'cannot set more ready pods than active'));
  if (successCriteriaMet && failed) errors.push(invalidOmitted(CONDITIONS, 'cannot set SuccessCriteriaMet=True and Failed=true conditions'));
  if (successCriteriaMet && failureTarget) errors.push(invalidOmitted(CONDITIONS, 'cannot set SuccessCriteriaMet=True and FailureTarget=true conditions'));
  if (job.spec.successPolicy && !successCriteriaMet && complete)
    errors.push(invalidOmitted(CONDITIONS, 'cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True'));
  return errors;
}

/** What may only go forward: verdicts, counters and times. */
function progressRules({ job, next, stored, changed }: Change): FieldError[] {
  const { completionMode, completions, parallelism, suspend } = job.spec;
  const { status } = next;
  const errors: FieldError[] = [];
  const verdicts = [['Failed', 'failed'], ['Complete', 'complete'], ['FailureTarget', 'failureTarget']] as const;
  for (const [type, name] of verdicts) {
    if (stored[name] && !next[name]) errors.push(invalidOmitted(CONDITIONS, `cannot disable the terminal ${type}=True condition`));
  }
  const mayShrink = completionMode === 'Indexed' && completions === parallelism;
  for (const name of ['failed', 'succeeded'] as const) {
    const count = status[name] ?? 0;
    if (name === 'succeeded' && mayShrink) continue;
    if (count < (stored.status[name] ?? 0)) errors.push(invalid(child('status', name), count, `cannot decrease the ${name} counter`));
  }
  if (status.completionTime !== undefined && stored.status.completionTime !== undefined && changed('completionTime'))
    errors.push(invalid('status.completionTime', status.completionTime, 'completionTime cannot be mutated'));
  if (stored.status.startTime !== undefined && changed('startTime') && suspend !== true)
    errors.push(required('status.startTime', 'startTime cannot be removed for unsuspended job'));
  if (stored.successCriteriaMet && !next.successCriteriaMet) errors.push(invalidOmitted(CONDITIONS, 'cannot disable the SuccessCriteriaMet=True condition'));
  if (stored.complete && !stored.successCriteriaMet && next.successCriteriaMet)
    errors.push(invalidOmitted(CONDITIONS, 'cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions'));
  return errors;
}
