import type { Infer } from '#machinery/schema.ts';
import { anyOf, bytes, inline, int32, list, message, oneOf, optional, pointer, required, string } from '#machinery/schema.ts';
import { labelSelector } from '#machinery/meta.ts';

export const operationType = oneOf('*', 'CREATE', 'UPDATE', 'DELETE', 'CONNECT');

export const scopeType = oneOf('Cluster', 'Namespaced', '*');

export const rule = message('admissionregistration/v1.Rule', {
  apiGroups: optional(1, list(string)),
  apiVersions: optional(2, list(string)),
  resources: optional(3, list(string)),
  scope: pointer(4, scopeType),
});
export interface Rule extends Infer<typeof rule> {}

export const ruleWithOperations = message('admissionregistration/v1.RuleWithOperations', {
  operations: optional(1, list(operationType)),
  rule: inline(2, rule),
});
export interface RuleWithOperations extends Infer<typeof ruleWithOperations> {}

export const serviceReference = message('admissionregistration/v1.ServiceReference', {
  namespace: required(1, string),
  name: required(2, string),
  path: pointer(3, string),
  port: pointer(4, int32),
});
export interface ServiceReference extends Infer<typeof serviceReference> {}

export const webhookClientConfig = message('admissionregistration/v1.WebhookClientConfig', {
  url: pointer(3, string),
  service: pointer(1, serviceReference),
  caBundle: optional(2, bytes),
});
export interface WebhookClientConfig extends Infer<typeof webhookClientConfig> {}

export const matchCondition = message('admissionregistration/v1.MatchCondition', {
  name: required(1, string),
  expression: required(2, string),
});
export interface MatchCondition extends Infer<typeof matchCondition> {}

export const namedRuleWithOperations = message(
  'admissionregistration/v1.NamedRuleWithOperations',
  {
    resourceNames: optional(1, list(string)),
    ruleWithOperations: inline(2, ruleWithOperations),
  },
  'atomic',
);
export interface NamedRuleWithOperations extends Infer<typeof namedRuleWithOperations> {}

export const matchPolicyType = oneOf('Exact', 'Equivalent');

export const matchResources = message(
  'admissionregistration/v1.MatchResources',
  {
    namespaceSelector: pointer(1, labelSelector),
    objectSelector: pointer(2, labelSelector),
    resourceRules: optional(3, list(namedRuleWithOperations)),
    excludeResourceRules: optional(4, list(namedRuleWithOperations)),
    matchPolicy: pointer(7, matchPolicyType),
  },
  'atomic',
);
export interface MatchResources extends Infer<typeof matchResources> {}

export const variable = message(
  'admissionregistration/v1.Variable',
  {
    name: required(1, string, { protoName: 'Name' }),
    expression: required(2, string, { protoName: 'Expression' }),
  },
  'atomic',
);
export interface Variable extends Infer<typeof variable> {}

export const paramKind = message(
  'admissionregistration/v1.ParamKind',
  {
    apiVersion: optional(1, string),
    kind: optional(2, string),
  },
  'atomic',
);
export interface ParamKind extends Infer<typeof paramKind> {}

export const parameterNotFoundActionType = anyOf('Allow', 'Deny');

export const paramRef = message(
  'admissionregistration/v1.ParamRef',
  {
    name: optional(1, string),
    namespace: optional(2, string),
    selector: pointer(3, labelSelector),
    parameterNotFoundAction: pointer(4, parameterNotFoundActionType),
  },
  'atomic',
);
export interface ParamRef extends Infer<typeof paramRef> {}
