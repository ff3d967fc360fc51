import { defineKind } from '#machinery/kind.ts';
import { type MutatingAdmissionPolicyBinding, mutatingAdmissionPolicyBinding } from './schema.ts';

/** `mutatingadmissionpolicybindings` of admissionregistration.k8s.io. */
export const mutatingAdmissionPolicyBindings = defineKind<MutatingAdmissionPolicyBinding>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingAdmissionPolicyBinding',
  plural: 'mutatingadmissionpolicybindings',
  categories: ['api-extensions'],
  namespaced: false,
  schema: mutatingAdmissionPolicyBinding,
});
