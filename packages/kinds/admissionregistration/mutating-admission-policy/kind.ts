import { defineKind } from '#machinery/kind.ts';
import { type MutatingAdmissionPolicy, mutatingAdmissionPolicy } from './schema.ts';

/** `mutatingadmissionpolicies` of admissionregistration.k8s.io. */
export const mutatingAdmissionPolicies = defineKind<MutatingAdmissionPolicy>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingAdmissionPolicy',
  plural: 'mutatingadmissionpolicies',
  categories: ['api-extensions'],
  namespaced: false,
  schema: mutatingAdmissionPolicy,
});
