import { defineKind } from '#machinery/kind.ts';
import { bindingColumns } from '../columns.ts';
import { defaultMatchResources } from '../defaults.ts';
import { type MutatingAdmissionPolicyBinding, mutatingAdmissionPolicyBinding } from './schema.ts';
import { bindingStrategy } from './strategy.ts';

/** `mutatingadmissionpolicybindings` of admissionregistration.k8s.io. */
export const mutatingAdmissionPolicyBindings = defineKind<MutatingAdmissionPolicyBinding>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingAdmissionPolicyBinding',
  plural: 'mutatingadmissionpolicybindings',
  categories: ['api-extensions'],
  namespaced: false,
  schema: mutatingAdmissionPolicyBinding,
  defaults(draft) {
    defaultMatchResources(draft.spec?.matchResources);
  },
  strategy: bindingStrategy,
  columns: bindingColumns,
});
