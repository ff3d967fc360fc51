import { defineKind } from '#machinery/kind.ts';
import { type ValidatingAdmissionPolicy, validatingAdmissionPolicy } from './schema.ts';

/** `validatingadmissionpolicies` of admissionregistration.k8s.io. */
export const validatingAdmissionPolicies = defineKind<ValidatingAdmissionPolicy>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicy',
  plural: 'validatingadmissionpolicies',
  categories: ['api-extensions'],
  namespaced: false,
  schema: validatingAdmissionPolicy,
  subresources: {
    status: { verbs: ['get', 'patch', 'update'] },
  },
});
