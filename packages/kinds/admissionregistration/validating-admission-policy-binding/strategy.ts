/**
 * The life of bindings of validating admission policies.
 *
 * Source: kubernetes `pkg/apis/admissionregistration/validation/validation.go`.
 */
import { at, duplicate, type FieldError, invalid, notSupported, required } from '#machinery/field-error.ts';
import type { Strategy } from '#machinery/kind.ts';
import { bindingFindings } from '../policy-validation.ts';
import { countedGeneration } from '../strategy.ts';
import type { ValidatingAdmissionPolicyBinding } from './schema.ts';

const ACTIONS: readonly string[] = ['Audit', 'Deny', 'Warn'];

/** Rules of a binding's life. */
export const bindingStrategy: Strategy<ValidatingAdmissionPolicyBinding> = {
  ...countedGeneration('spec'),
  validate,
  validateUpdate: (binding) => validate(binding),
};

function validate({ spec }: ValidatingAdmissionPolicyBinding): FieldError[] {
  return [...bindingFindings(spec), ...actionFindings('spec.validationActions', spec.validationActions ?? [])];
}

function actionFindings(field: string, actions: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, action] of actions.entries()) {
    if (!ACTIONS.includes(action)) errors.push(notSupported(at(field, index), action, ACTIONS));
    if (actions.indexOf(action) < index) errors.push(duplicate(at(field, index), action));
  }
  if (actions.includes('Deny') && actions.includes('Warn')) {
    const text =
      'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)';
    errors.push(invalid(field, actions, text));
  }
  return actions.length ? errors : [required(field, 'at least one validation action is required')];
}
