/** The life of bindings of mutating admission policies. */
import type { FieldError } from '#machinery/field-error.ts';
import type { Strategy } from '#machinery/kind.ts';
import { MUTABLE_OPERATIONS } from '../mutating-admission-policy/strategy.ts';
import { bindingFindings, operationFindings } from '../policy-validation.ts';
import { countedGeneration } from '../strategy.ts';
import type { MutatingAdmissionPolicyBinding } from './schema.ts';

/** Rules of a binding's life. */
export const bindingStrategy: Strategy<MutatingAdmissionPolicyBinding> = {
  ...countedGeneration('spec'),
  validate,
  validateUpdate: (binding) => validate(binding),
};

function validate({ spec }: MutatingAdmissionPolicyBinding): FieldError[] {
  const errors = bindingFindings(spec);
  if (spec.matchResources) errors.push(...operationFindings('spec.matchResources.resourceRules.operations', spec.matchResources, MUTABLE_OPERATIONS));
  return errors;
}
