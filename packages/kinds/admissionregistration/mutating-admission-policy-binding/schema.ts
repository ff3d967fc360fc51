import type { Infer } from '#machinery/schema.ts';
import { embedded, message, optional, pointer, string } from '#machinery/schema.ts';
import { matchResources, paramRef } from '../rules.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const mutatingAdmissionPolicyBindingSpec = message('admissionregistration/v1.MutatingAdmissionPolicyBindingSpec', {
  policyName: optional(1, string),
  paramRef: pointer(2, paramRef),
  matchResources: pointer(3, matchResources),
});
export interface MutatingAdmissionPolicyBindingSpec extends Infer<typeof mutatingAdmissionPolicyBindingSpec> {}

export const mutatingAdmissionPolicyBinding = message('admissionregistration/v1.MutatingAdmissionPolicyBinding', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: embedded(2, mutatingAdmissionPolicyBindingSpec),
});
export interface MutatingAdmissionPolicyBinding extends Infer<typeof mutatingAdmissionPolicyBinding> {}
