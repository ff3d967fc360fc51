import type { Infer } from '#machinery/schema.ts';
import { anyOf, bool, bytes, embedded, int32, int64, list, message, optional, pointer, required, string, time } from '#machinery/schema.ts';
import { jsonSchemaProps } from './json-schema.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const customResourceDefinitionNames = message('apiextensions/v1.CustomResourceDefinitionNames', {
  plural: required(1, string),
  singular: optional(2, string),
  shortNames: optional(3, list(string)),
  kind: required(4, string),
  listKind: optional(5, string),
  categories: optional(6, list(string)),
});
export interface CustomResourceDefinitionNames extends Infer<typeof customResourceDefinitionNames> {}

export const resourceScope = anyOf('Cluster', 'Namespaced');

export const customResourceValidation = message('apiextensions/v1.CustomResourceValidation', {
  openAPIV3Schema: pointer(1, jsonSchemaProps),
});
export interface CustomResourceValidation extends Infer<typeof customResourceValidation> {}

export const customResourceSubresourceStatus = message('apiextensions/v1.CustomResourceSubresourceStatus', {});
export interface CustomResourceSubresourceStatus extends Infer<typeof customResourceSubresourceStatus> {}

export const customResourceSubresourceScale = message('apiextensions/v1.CustomResourceSubresourceScale', {
  specReplicasPath: required(1, string),
  statusReplicasPath: required(2, string),
  labelSelectorPath: pointer(3, string),
});
export interface CustomResourceSubresourceScale extends Infer<typeof customResourceSubresourceScale> {}

export const customResourceSubresources = message('apiextensions/v1.CustomResourceSubresources', {
  status: pointer(1, customResourceSubresourceStatus),
  scale: pointer(2, customResourceSubresourceScale),
});
export interface CustomResourceSubresources extends Infer<typeof customResourceSubresources> {}

export const customResourceColumnDefinition = message('apiextensions/v1.CustomResourceColumnDefinition', {
  name: required(1, string),
  type: required(2, string),
  format: optional(3, string),
  description: optional(4, string),
  priority: optional(5, int32),
  jsonPath: required(6, string),
});
export interface CustomResourceColumnDefinition extends Infer<typeof customResourceColumnDefinition> {}

export const selectableField = message('apiextensions/v1.SelectableField', {
  jsonPath: required(1, string),
});
export interface SelectableField extends Infer<typeof selectableField> {}

export const customResourceDefinitionVersion = message('apiextensions/v1.CustomResourceDefinitionVersion', {
  name: required(1, string),
  served: required(2, bool),
  storage: required(3, bool),
  deprecated: optional(7, bool),
  deprecationWarning: pointer(8, string),
  schema: pointer(4, customResourceValidation),
  subresources: pointer(5, customResourceSubresources),
  additionalPrinterColumns: optional(6, list(customResourceColumnDefinition)),
  selectableFields: optional(9, list(selectableField), { gates: ['CustomResourceFieldSelectors'] }),
});
export interface CustomResourceDefinitionVersion extends Infer<typeof customResourceDefinitionVersion> {}

export const conversionStrategyType = anyOf('None', 'Webhook');

export const serviceReference = message('apiextensions/v1.ServiceReference', {
  namespace: required(1, string),
  name: required(2, string),
  path: pointer(3, string),
  port: pointer(4, int32),
});
export interface ServiceReference extends Infer<typeof serviceReference> {}

export const webhookClientConfig = message('apiextensions/v1.WebhookClientConfig', {
  url: pointer(3, string),
  service: pointer(1, serviceReference),
  caBundle: optional(2, bytes),
});
export interface WebhookClientConfig extends Infer<typeof webhookClientConfig> {}

export const webhookConversion = message('apiextensions/v1.WebhookConversion', {
  clientConfig: pointer(2, webhookClientConfig),
  conversionReviewVersions: required(3, list(string)),
});
export interface WebhookConversion extends Infer<typeof webhookConversion> {}

export const customResourceConversion = message('apiextensions/v1.CustomResourceConversion', {
  strategy: required(1, conversionStrategyType),
  webhook: pointer(2, webhookConversion),
});
export interface CustomResourceConversion extends Infer<typeof customResourceConversion> {}

export const customResourceDefinitionSpec = message('apiextensions/v1.CustomResourceDefinitionSpec', {
  group: required(1, string),
  names: required(3, customResourceDefinitionNames),
  scope: required(4, resourceScope),
  versions: required(7, list(customResourceDefinitionVersion)),
  conversion: pointer(9, customResourceConversion),
  preserveUnknownFields: optional(10, bool),
});
export interface CustomResourceDefinitionSpec extends Infer<typeof customResourceDefinitionSpec> {}

export const customResourceDefinitionConditionType = anyOf(
  'Established',
  'NamesAccepted',
  'NonStructuralSchema',
  'Terminating',
  'KubernetesAPIApprovalPolicyConformant',
  'StorageMigrating',
);

export const conditionStatus = anyOf('True', 'False', 'Unknown');

export const customResourceDefinitionCondition = message('apiextensions/v1.CustomResourceDefinitionCondition', {
  type: required(1, customResourceDefinitionConditionType),
  status: required(2, conditionStatus),
  lastTransitionTime: optional(3, time),
  reason: optional(4, string),
  message: optional(5, string),
  observedGeneration: optional(6, int64, { gates: ['CRDObservedGenerationTracking'] }),
});
export interface CustomResourceDefinitionCondition extends Infer<typeof customResourceDefinitionCondition> {}

export const customResourceDefinitionStatus = message('apiextensions/v1.CustomResourceDefinitionStatus', {
  conditions: required(1, list(customResourceDefinitionCondition), { notRequired: true, listType: 'map', keys: ['type'] }),
  acceptedNames: embedded(2, customResourceDefinitionNames),
  storedVersions: required(3, list(string), { notRequired: true }),
  observedGeneration: optional(4, int64, { gates: ['CRDObservedGenerationTracking'] }),
});
export interface CustomResourceDefinitionStatus extends Infer<typeof customResourceDefinitionStatus> {}

export const customResourceDefinition = message('apiextensions/v1.CustomResourceDefinition', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: required(2, customResourceDefinitionSpec),
  status: embedded(3, customResourceDefinitionStatus),
});
export interface CustomResourceDefinition extends Infer<typeof customResourceDefinition> {}
