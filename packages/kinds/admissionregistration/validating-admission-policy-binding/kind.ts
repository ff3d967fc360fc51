import { defineKind } from '#machinery/kind.ts';
import { type ValidatingAdmissionPolicyBinding, validatingAdmissionPolicyBinding } from './schema.ts';

/** `validatingadmissionpolicybindings` of admissionregistration.k8s.io. */
export const validatingAdmissionPolicyBindings = defineKind<ValidatingAdmissionPolicyBinding>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  plural: 'validatingadmissionpolicybindings',
  categories: ['api-extensions'],
  namespaced: false,
  schema: validatingAdmissionPolicyBinding,
});
