/**
 * The life of mutating admission policies.
 *
 * Source: kubernetes `pkg/apis/admissionregistration/validation/validation.go`.
 */
import type { Environment } from '#machinery/cel/environment.ts';
import { listOf } from '#machinery/cel/types.ts';
import { at, child, type FieldError, invalid, notSupported, required } from '#machinery/field-error.ts';
import type { Column, Strategy } from '#machinery/kind.ts';
import { ageColumn, nameColumn } from '../../cells.ts';
import { requiredOneOf } from '../../rules.ts';
import { paramKindColumn } from '../columns.ts';
import { admissionExpressionFindings, APPLIED_OBJECT, JSON_PATCH } from '../policy-expressions.ts';
import { policyEnvironment, policyFindings } from '../policy-validation.ts';
import { countedGeneration } from '../strategy.ts';
import type { MutatingAdmissionPolicy, Mutation } from './schema.ts';

/** Operations whose objects can be changed: what is deleted cannot. */
export const MUTABLE_OPERATIONS: readonly string[] = ['*', 'CONNECT', 'CREATE', 'UPDATE'];

/** Rules of a policy's life. */
export const policyStrategy: Strategy<MutatingAdmissionPolicy> = {
  ...countedGeneration('spec'),
  validate,
  validateUpdate: (policy) => validate(policy),
};

function validate({ spec }: MutatingAdmissionPolicy): FieldError[] {
  const errors = policyFindings(spec, MUTABLE_OPERATIONS);
  if (!spec.mutations?.length) errors.push(required('spec.mutations', 'mutations must contain at least one item'));
  const environment = policyEnvironment(spec, { patches: true });
  for (const [index, mutation] of (spec.mutations ?? []).entries()) errors.push(...mutationFindings(at('spec.mutations', index), mutation, environment));
  return [...errors, ...requiredOneOf('spec.reinvocationPolicy', spec.reinvocationPolicy, ['Never', 'IfNeeded'])];
}

const PATCHES = { ApplyConfiguration: 'applyConfiguration', JSONPatch: 'jsonPatch' } as const;

function mutationFindings(field: string, mutation: Mutation, environment: Environment): FieldError[] {
  const type = mutation.patchType;
  if (!type) return [required(child(field, 'patchType'))];
  const own = PATCHES[type] as (typeof PATCHES)[keyof typeof PATCHES] | undefined;
  if (!own) return [notSupported(child(field, 'patchType'), type, Object.keys(PATCHES))];
  const other = own === 'jsonPatch' ? 'applyConfiguration' : 'jsonPatch';
  const errors: FieldError[] = [];
  if (mutation[other]) errors.push(invalid(child(field, other), `{${other}}`, `must not be specified when patchType is ${type}`));
  const patch = mutation[own];
  if (!patch) errors.push(required(child(field, own), `must be specified when patchType is ${type}`));
  else if (!patch.expression?.trim()) errors.push(required(child(field, own, 'expression'), 'expression is not specified'));
  else errors.push(...admissionExpressionFindings(child(field, own, 'expression'), patch.expression, environment, [own === 'jsonPatch' ? listOf(JSON_PATCH) : APPLIED_OBJECT]));
  return errors;
}

/** What `kubectl get mutatingadmissionpolicies` shows. */
export const policyColumns: readonly Column<MutatingAdmissionPolicy>[] = [
  nameColumn,
  {
    name: 'Mutations',
    type: 'integer',
    description: 'Mutations indicates the number of mutations rules defined in this configuration',
    cell: ({ spec }) => spec.mutations?.length ?? 0,
  },
  paramKindColumn,
  ageColumn,
];
