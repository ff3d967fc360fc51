/**
 * Rules for a job's failure and success policies.
 *
 * Source: kubernetes `pkg/apis/batch/validation` validatePodFailurePolicy, validateSuccessPolicy.
 */
import { at, child, duplicate, type FieldError, invalid, invalidOmitted, notSupported, required, tooLong, tooMany } from '#machinery/field-error.ts';
import { nonNegative, qualifiedName } from '../../rules.ts';
import { MAX_INDEXES_LENGTH, parseIndexes } from './indexes.ts';
import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
  SuccessPolicyRule,
} from './schema.ts';

const MAX_RULES = 20;
const MAX_PATTERNS = 20;
const MAX_EXIT_CODES = 255;
const ACTIONS: readonly string[] = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const STATUSES: readonly string[] = ['False', 'True', 'Unknown'];
const OPERATORS: readonly string[] = ['In', 'NotIn'];

/** Go's `%q` of a list. */
const quotedList = (values: readonly string[]): string => `[${values.map((value) => JSON.stringify(value)).join(' ')}]`;

function closedSet(field: string, value: string, values: readonly string[]): FieldError[] {
  if (!value) return [required(field, `valid values: ${quotedList(values)}`)];
  return values.includes(value) ? [] : [notSupported(field, value, values)];
}

/** What to do when a pod fails. */
export function failurePolicyRules(field: string, spec: JobSpec): FieldError[] {
  const rules = spec.podFailurePolicy?.rules ?? [];
  const here = child(field, 'rules');
  const { containers, initContainers = [] } = spec.template.spec;
  const names = new Set([...(containers ?? []), ...initContainers].map(({ name }) => name));
  const errors = rules.length > MAX_RULES ? [tooMany(here, rules.length, MAX_RULES)] : [];
  for (const [index, rule] of rules.entries()) errors.push(...failureRule(at(here, index), rule, spec, names));
  return errors;
}

function failureRule(field: string, rule: PodFailurePolicyRule, spec: JobSpec, containers: ReadonlySet<string>): FieldError[] {
  const { action, onExitCodes, onPodConditions = [] } = rule;
  const errors = closedSet(child(field, 'action'), action, ACTIONS);
  if (action === 'FailIndex' && spec.backoffLimitPerIndex === undefined)
    errors.push(invalid(child(field, 'action'), action, 'requires the backoffLimitPerIndex to be set'));
  if (onExitCodes) errors.push(...exitCodeRules(child(field, 'onExitCodes'), onExitCodes, containers));
  if (onPodConditions.length) errors.push(...conditionRules(child(field, 'onPodConditions'), onPodConditions));
  if (onExitCodes && onPodConditions.length) errors.push(invalidOmitted(field, 'specifying both OnExitCodes and OnPodConditions is not supported'));
  if (!onExitCodes && !onPodConditions.length) errors.push(invalidOmitted(field, 'specifying one of OnExitCodes and OnPodConditions is required'));
  return errors;
}

function conditionRules(field: string, patterns: readonly PodFailurePolicyOnPodConditionsPattern[]): FieldError[] {
  const errors = patterns.length > MAX_PATTERNS ? [tooMany(field, patterns.length, MAX_PATTERNS)] : [];
  for (const [index, { type, status }] of patterns.entries()) {
    const here = at(field, index);
    errors.push(...qualifiedName(child(here, 'type'), type), ...closedSet(child(here, 'status'), status, STATUSES));
  }
  return errors;
}

function exitCodeRules(
  field: string,
  { containerName, operator, values }: PodFailurePolicyOnExitCodesRequirement,
  containers: ReadonlySet<string>,
): FieldError[] {
  const errors = closedSet(child(field, 'operator'), operator, OPERATORS);
  if (containerName !== undefined && !containers.has(containerName)) {
    errors.push(invalid(child(field, 'containerName'), containerName, 'must be one of the container or initContainer names in the pod template'));
  }
  const here = child(field, 'values');
  if (!values?.length) return [...errors, invalid(here, values ?? [], 'at least one value is required')];
  if (values.length > MAX_EXIT_CODES) errors.push(tooMany(here, values.length, MAX_EXIT_CODES));
  for (const [index, value] of values.entries()) {
    if (operator === 'In' && value === 0) errors.push(invalid(at(here, index), value, 'must not be 0 for the In operator'));
    if (values.indexOf(value) < index) errors.push(duplicate(at(here, index), value));
  }
  if (values.some((value, index) => index > 0 && values[index - 1]! > value)) errors.push(invalid(here, values, 'must be ordered'));
  return errors;
}

/** When enough pods of an indexed job have succeeded. */
export function successPolicyRules(field: string, spec: JobSpec): FieldError[] {
  if (spec.completionMode !== 'Indexed') return [invalid(field, spec.successPolicy, 'requires indexed completion mode')];
  const rules = spec.successPolicy?.rules ?? [];
  const here = child(field, 'rules');
  if (!rules.length) return [required(here, 'at least one rules must be specified when the successPolicy is specified')];
  const errors = rules.length > MAX_RULES ? [tooMany(here, rules.length, MAX_RULES)] : [];
  for (const [index, rule] of rules.entries()) errors.push(...successRule(at(here, index), rule, spec.completions ?? 0));
  return errors;
}

function successRule(field: string, { succeededIndexes, succeededCount }: SuccessPolicyRule, completions: number): FieldError[] {
  if (succeededIndexes === undefined && succeededCount === undefined)
    return [required(field, 'at least one of succeededCount or succeededIndexes must be specified')];
  const errors: FieldError[] = [];
  let indexes: number | undefined;
  if (succeededIndexes !== undefined) {
    const place = child(field, 'succeededIndexes');
    if (succeededIndexes.length > MAX_INDEXES_LENGTH) return [tooLong(place, MAX_INDEXES_LENGTH)];
    const parsed = parseIndexes(succeededIndexes, completions);
    if (typeof parsed === 'string') errors.push(invalid(place, succeededIndexes, `error parsing succeededIndexes: ${parsed}`));
    indexes = typeof parsed === 'string' ? 0 : parsed;
  }
  if (succeededCount === undefined) return errors;
  const here = child(field, 'succeededCount');
  errors.push(...nonNegative(here, succeededCount));
  if (succeededCount > completions)
    errors.push(invalid(here, succeededCount, `must be less than or equal to ${completions} (the number of specified completions)`));
  if (indexes !== undefined && succeededCount > indexes) {
    errors.push(
      invalid(here, succeededCount, `must be less than or equal to ${indexes} (the number of indexes in the specified succeededIndexes field)`),
    );
  }
  return errors;
}
