import { defineKind } from '#machinery/kind.ts';
import { defaultMatchResources } from '../defaults.ts';
import { type ValidatingAdmissionPolicy, validatingAdmissionPolicy } from './schema.ts';
import { policyColumns, policyStatus, policyStrategy } from './strategy.ts';

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
    status: policyStatus,
  },
  defaults(draft) {
    const spec = (draft.spec ??= {});
    spec.failurePolicy ??= 'Fail';
    defaultMatchResources(spec.matchConstraints);
  },
  strategy: policyStrategy,
  columns: policyColumns,
});
