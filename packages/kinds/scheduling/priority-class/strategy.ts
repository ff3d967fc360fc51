/**
 * The life of a priority class.
 *
 * Source: kubernetes `pkg/apis/scheduling/validation`, `pkg/registry/scheduling/priorityclass`.
 */
import { type FieldError, forbiddenField } from '#machinery/field-error.ts';
import type { Column, Strategy } from '#machinery/kind.ts';
import { ageColumn, nameColumn } from '../../cells.ts';
import { immutable, requiredOneOf } from '../../rules.ts';
import { nextGeneration, startGeneration } from '../../strategy.ts';
import type { PriorityClass } from './schema.ts';

/** The highest priority that users may give. */
export const HIGHEST_USER_PRIORITY = 1_000_000_000;

/** Names with this prefix are the system's. */
export const SYSTEM_PREFIX = 'system-';

/** The system's own classes. */
export const SYSTEM_PRIORITY_CLASSES: Readonly<Record<string, number>> = {
  'system-node-critical': 2_000_001_000,
  'system-cluster-critical': 2_000_000_000,
};

/** Rules of a priority class's life. */
export const priorityClassStrategy: Strategy<PriorityClass> = {
  unconditionalUpdate: true,
  prepareForCreate: startGeneration,
  prepareForUpdate: (draft, stored) => nextGeneration(draft, stored, false),
  validate: validatePriorityClass,
  validateUpdate: (priorityClass, stored) => [
    ...(priorityClass.value === stored.value ? [] : [forbiddenField('value', 'may not be changed in an update.')]),
    ...immutable('preemptionPolicy', priorityClass.preemptionPolicy, stored.preemptionPolicy),
  ],
};

function validatePriorityClass({ metadata, value, globalDefault, preemptionPolicy }: PriorityClass): FieldError[] {
  const errors: FieldError[] = [];
  const name = metadata.name ?? '';
  if (name.startsWith(SYSTEM_PREFIX)) {
    const problem = systemProblem(name, value, globalDefault ?? false);
    if (problem)
      errors.push(forbiddenField('metadata.name', `priority class names with 'system-' prefix are reserved for system use only. error: ${problem}`));
  } else if (value > HIGHEST_USER_PRIORITY) {
    errors.push(forbiddenField('value', `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`));
  }
  if (preemptionPolicy !== undefined) errors.push(...requiredOneOf('preemptionPolicy', preemptionPolicy, ['PreemptLowerPriority', 'Never']));
  return errors;
}

function systemProblem(name: string, value: number, globalDefault: boolean): string | undefined {
  const known = SYSTEM_PRIORITY_CLASSES[name];
  if (known === undefined) return `${name} is not a known system priority class`;
  if (known !== value) return `value of ${name} PriorityClass must be ${known}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
}

/** What `kubectl get priorityclasses` shows. */
export const priorityClassColumns: readonly Column<PriorityClass>[] = [
  nameColumn,
  { name: 'Value', type: 'integer', description: 'The priority.', cell: ({ value }) => value },
  {
    name: 'Global-Default',
    type: 'boolean',
    description: 'Whether pods without a class get this one.',
    cell: ({ globalDefault }) => globalDefault ?? false,
  },
  ageColumn,
  {
    name: 'PreemptionPolicy',
    type: 'string',
    description: 'Whether pods of the class displace others.',
    cell: ({ preemptionPolicy }) => preemptionPolicy ?? 'PreemptLowerPriority',
  },
];
