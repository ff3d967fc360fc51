import { defineKind } from '#machinery/kind.ts';
import { type MutatingWebhookConfiguration, mutatingWebhookConfiguration } from './schema.ts';

/** `mutatingwebhookconfigurations` of admissionregistration.k8s.io. */
export const mutatingWebhookConfigurations = defineKind<MutatingWebhookConfiguration>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingWebhookConfiguration',
  plural: 'mutatingwebhookconfigurations',
  categories: ['api-extensions'],
  namespaced: false,
  schema: mutatingWebhookConfiguration,
});
