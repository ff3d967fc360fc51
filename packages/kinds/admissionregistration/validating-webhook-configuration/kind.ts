import { defineKind } from '#machinery/kind.ts';
import { webhookColumns } from '../columns.ts';
import { defaultWebhook } from '../defaults.ts';
import { countedGeneration } from '../strategy.ts';
import { webhooksFindings } from '../webhook-validation.ts';
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
  defaults(draft) {
    for (const hook of draft.webhooks ?? []) defaultWebhook(hook);
  },
  strategy: {
    ...countedGeneration('webhooks'),
    validate: ({ webhooks }) => webhooksFindings(webhooks),
    validateUpdate: ({ webhooks }) => webhooksFindings(webhooks),
  },
  columns: webhookColumns,
});
