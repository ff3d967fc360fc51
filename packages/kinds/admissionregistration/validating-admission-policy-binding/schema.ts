import type { Infer } from '#machinery/schema.ts';
import { embedded, list, message, oneOf, optional, pointer, required, string } from '#machinery/schema.ts';
import { matchResources, paramRef } from '../rules.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const validationAction = oneOf('Deny', 'Warn', 'Audit');

export const validatingAdmissionPolicyBindingSpec = message('admissionregistration/v1.ValidatingAdmissionPolicyBindingSpec', {
  policyName: optional(1, string, { mustBeSet: true }),
  paramRef: pointer(2, paramRef),
  matchResources: pointer(3, matchResources),
  validationActions: optional(4, list(validationAction), { listType: 'set', mustBeSet: true }),
});
export interface ValidatingAdmissionPolicyBindingSpec extends Infer<typeof validatingAdmissionPolicyBindingSpec> {}

export const validatingAdmissionPolicyBinding = message('admissionregistration/v1.ValidatingAdmissionPolicyBinding', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: required(2, validatingAdmissionPolicyBindingSpec),
});
export interface ValidatingAdmissionPolicyBinding extends Infer<typeof validatingAdmissionPolicyBinding> {}
