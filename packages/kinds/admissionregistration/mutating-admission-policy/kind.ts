import { defineKind } from '#machinery/kind.ts';
import { defaultMatchResources } from '../defaults.ts';
import { type MutatingAdmissionPolicy, mutatingAdmissionPolicy } from './schema.ts';
import { policyColumns, policyStrategy } from './strategy.ts';

/** `mutatingadmissionpolicies` of admissionregistration.k8s.io. */
export const mutatingAdmissionPolicies = defineKind<MutatingAdmissionPolicy>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingAdmissionPolicy',
  plural: 'mutatingadmissionpolicies',
  categories: ['api-extensions'],
  namespaced: false,
  schema: mutatingAdmissionPolicy,
  defaults(draft) {
    const spec = (draft.spec ??= {});
    spec.failurePolicy ??= 'Fail';
    defaultMatchResources(spec.matchConstraints);
  },
  strategy: policyStrategy,
  columns: policyColumns,
});
