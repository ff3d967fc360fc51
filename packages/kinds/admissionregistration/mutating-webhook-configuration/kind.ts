import { defineKind } from '#machinery/kind.ts';
import { webhookColumns } from '../columns.ts';
import { defaultMutatingWebhook } from '../defaults.ts';
import { countedGeneration } from '../strategy.ts';
import { webhooksFindings } from '../webhook-validation.ts';
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
  defaults(draft) {
    for (const hook of draft.webhooks ?? []) defaultMutatingWebhook(hook);
  },
  strategy: {
    ...countedGeneration('webhooks'),
    validate: ({ webhooks }) => webhooksFindings(webhooks),
    validateUpdate: ({ webhooks }) => webhooksFindings(webhooks),
  },
  columns: webhookColumns,
});
