import type { Infer } from '#machinery/schema.ts';
import { embedded, int32, list, message, optional, pointer, required, string } from '#machinery/schema.ts';
import { failurePolicyType } from '../mutating-admission-policy/schema.ts';
import { sideEffectClass } from '../mutating-webhook-configuration/schema.ts';
import { matchCondition, matchPolicyType, ruleWithOperations, webhookClientConfig } from '../rules.ts';
import { labelSelector, objectMeta, typeMeta } from '#machinery/meta.ts';

export const validatingWebhook = message('admissionregistration/v1.ValidatingWebhook', {
  name: required(1, string),
  clientConfig: required(2, webhookClientConfig),
  rules: optional(3, list(ruleWithOperations)),
  failurePolicy: pointer(4, failurePolicyType),
  matchPolicy: pointer(9, matchPolicyType),
  namespaceSelector: pointer(5, labelSelector),
  objectSelector: pointer(10, labelSelector),
  sideEffects: pointer(6, sideEffectClass, { nullable: true, mustBeSet: true }),
  timeoutSeconds: pointer(7, int32),
  admissionReviewVersions: required(8, list(string)),
  matchConditions: optional(11, list(matchCondition), { listType: 'map', keys: ['name'], patch: 'merge', mergeKey: 'name' }),
});
export interface ValidatingWebhook extends Infer<typeof validatingWebhook> {}

export const validatingWebhookConfiguration = message('admissionregistration/v1.ValidatingWebhookConfiguration', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  webhooks: optional(2, list(validatingWebhook), { listType: 'map', keys: ['name'], patch: 'merge', mergeKey: 'name', protoName: 'Webhooks' }),
});
export interface ValidatingWebhookConfiguration extends Infer<typeof validatingWebhookConfiguration> {}
