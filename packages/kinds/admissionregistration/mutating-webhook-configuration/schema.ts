import type { Infer } from '#machinery/schema.ts';
import { embedded, int32, list, message, oneOf, optional, pointer, required, string } from '#machinery/schema.ts';
import { failurePolicyType, reinvocationPolicyType } from '../mutating-admission-policy/schema.ts';
import { matchCondition, matchPolicyType, ruleWithOperations, webhookClientConfig } from '../rules.ts';
import { labelSelector, objectMeta, typeMeta } from '#machinery/meta.ts';

export const sideEffectClass = oneOf('Unknown', 'None', 'Some', 'NoneOnDryRun');

export const mutatingWebhook = message('admissionregistration/v1.MutatingWebhook', {
  name: required(1, string),
  clientConfig: required(2, webhookClientConfig),
  rules: optional(3, list(ruleWithOperations)),
  failurePolicy: pointer(4, failurePolicyType),
  matchPolicy: pointer(9, matchPolicyType),
  namespaceSelector: pointer(5, labelSelector),
  objectSelector: pointer(11, labelSelector),
  sideEffects: pointer(6, sideEffectClass, { nullable: true, mustBeSet: true }),
  timeoutSeconds: pointer(7, int32),
  admissionReviewVersions: required(8, list(string)),
  reinvocationPolicy: pointer(10, reinvocationPolicyType),
  matchConditions: optional(12, list(matchCondition), { listType: 'map', keys: ['name'], patch: 'merge', mergeKey: 'name' }),
});
export interface MutatingWebhook extends Infer<typeof mutatingWebhook> {}

export const mutatingWebhookConfiguration = message('admissionregistration/v1.MutatingWebhookConfiguration', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  webhooks: optional(2, list(mutatingWebhook), { listType: 'map', keys: ['name'], patch: 'merge', mergeKey: 'name', protoName: 'Webhooks' }),
});
export interface MutatingWebhookConfiguration extends Infer<typeof mutatingWebhookConfiguration> {}
