import { defineKind } from '#machinery/kind.ts';
import { bindingColumns } from '../columns.ts';
import { defaultMatchResources } from '../defaults.ts';
import { type ValidatingAdmissionPolicyBinding, validatingAdmissionPolicyBinding } from './schema.ts';
import { bindingStrategy } from './strategy.ts';

/** `validatingadmissionpolicybindings` of admissionregistration.k8s.io. */
export const validatingAdmissionPolicyBindings = defineKind<ValidatingAdmissionPolicyBinding>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  plural: 'validatingadmissionpolicybindings',
  categories: ['api-extensions'],
  namespaced: false,
  schema: validatingAdmissionPolicyBinding,
  defaults(draft) {
    defaultMatchResources(draft.spec?.matchResources);
  },
  strategy: bindingStrategy,
  columns: bindingColumns,
});
