import type { Infer } from '#machinery/schema.ts';
import { anyOf, bool, bytes, embedded, int32, list, message, optional, pointer, required, string, time } from '#machinery/schema.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const serviceReference = message('apiregistration/v1.ServiceReference', {
  namespace: optional(1, string),
  name: optional(2, string),
  port: pointer(3, int32),
});
export interface ServiceReference extends Infer<typeof serviceReference> {}

export const apiServiceSpec = message('apiregistration/v1.APIServiceSpec', {
  service: pointer(1, serviceReference),
  group: optional(2, string),
  version: optional(3, string),
  insecureSkipTLSVerify: optional(4, bool),
  caBundle: optional(5, bytes),
  groupPriorityMinimum: required(7, int32),
  versionPriority: required(8, int32),
});
export interface APIServiceSpec extends Infer<typeof apiServiceSpec> {}

export const apiServiceConditionType = anyOf('Available');

export const conditionStatus = anyOf('True', 'False', 'Unknown');

export const apiServiceCondition = message('apiregistration/v1.APIServiceCondition', {
  type: required(1, apiServiceConditionType),
  status: required(2, conditionStatus),
  lastTransitionTime: optional(3, time),
  reason: optional(4, string),
  message: optional(5, string),
});
export interface APIServiceCondition extends Infer<typeof apiServiceCondition> {}

export const apiServiceStatus = message('apiregistration/v1.APIServiceStatus', {
  conditions: optional(1, list(apiServiceCondition), { listType: 'map', keys: ['type'], patch: 'merge', mergeKey: 'type' }),
});
export interface APIServiceStatus extends Infer<typeof apiServiceStatus> {}

export const apiService = message('apiregistration/v1.APIService', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: embedded(2, apiServiceSpec),
  status: embedded(3, apiServiceStatus),
});
export interface APIService extends Infer<typeof apiService> {}
