import { defineKind } from '#machinery/kind.ts';
import { type ValidatingWebhookConfiguration, validatingWebhookConfiguration } from './schema.ts';

/** `validatingwebhookconfigurations` of admissionregistration.k8s.io. */
export const validatingWebhookConfigurations = defineKind<ValidatingWebhookConfiguration>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  plural: 'validatingwebhookconfigurations',
  categories: ['api-extensions'],
  namespaced: false,
  schema: validatingWebhookConfiguration,
});
