/** The life of validating admission policies. */
import type { Column, Strategy } from '#machinery/kind.ts';
import { ageColumn, nameColumn } from '../../cells.ts';
import { ALL_METADATA, specStrategy, statusSubresource } from '../../strategy.ts';
import { paramKindColumn } from '../columns.ts';
import type { ValidatingAdmissionPolicy } from './schema.ts';
import { validatePolicy, validatePolicyStatus } from './validation.ts';

/** Rules of a policy's life. */
export const policyStrategy: Strategy<ValidatingAdmissionPolicy> = {
  ...specStrategy<ValidatingAdmissionPolicy>({}),
  validate: validatePolicy,
  validateUpdate: (policy) => validatePolicy(policy),
};

/** Takes the status. */
export const policyStatus = statusSubresource<ValidatingAdmissionPolicy>({ keptMetadata: ALL_METADATA, validate: validatePolicyStatus });

/** What `kubectl get validatingadmissionpolicies` shows. */
export const policyColumns: readonly Column<ValidatingAdmissionPolicy>[] = [
  nameColumn,
  {
    name: 'Validations',
    type: 'integer',
    description: 'Validations indicates the number of validation rules defined in this configuration',
    cell: ({ spec }) => spec.validations?.length ?? 0,
  },
  paramKindColumn,
  ageColumn,
];
