import type { Infer } from '#machinery/schema.ts';
import { anyOf, bool, embedded, int32, list, message, optional, pointer, required, string, time } from '#machinery/schema.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const priorityLevelConfigurationReference = message('flowcontrol/v1.PriorityLevelConfigurationReference', {
  name: required(1, string),
});
export interface PriorityLevelConfigurationReference extends Infer<typeof priorityLevelConfigurationReference> {}

export const flowDistinguisherMethodType = anyOf('ByUser', 'ByNamespace');

export const flowDistinguisherMethod = message('flowcontrol/v1.FlowDistinguisherMethod', {
  type: required(1, flowDistinguisherMethodType),
});
export interface FlowDistinguisherMethod extends Infer<typeof flowDistinguisherMethod> {}

export const subjectKind = anyOf('User', 'Group', 'ServiceAccount');

export const userSubject = message('flowcontrol/v1.UserSubject', {
  name: required(1, string),
});
export interface UserSubject extends Infer<typeof userSubject> {}

export const groupSubject = message('flowcontrol/v1.GroupSubject', {
  name: required(1, string),
});
export interface GroupSubject extends Infer<typeof groupSubject> {}

export const serviceAccountSubject = message('flowcontrol/v1.ServiceAccountSubject', {
  namespace: required(1, string),
  name: required(2, string),
});
export interface ServiceAccountSubject extends Infer<typeof serviceAccountSubject> {}

export const subject = message('flowcontrol/v1.Subject', {
  kind: required(1, subjectKind),
  user: pointer(2, userSubject),
  group: pointer(3, groupSubject),
  serviceAccount: pointer(4, serviceAccountSubject),
});
export interface Subject extends Infer<typeof subject> {}

export const resourcePolicyRule = message('flowcontrol/v1.ResourcePolicyRule', {
  verbs: required(1, list(string), { listType: 'set' }),
  apiGroups: required(2, list(string), { listType: 'set' }),
  resources: required(3, list(string), { listType: 'set' }),
  clusterScope: optional(4, bool),
  namespaces: required(5, list(string), { notRequired: true, listType: 'set' }),
});
export interface ResourcePolicyRule extends Infer<typeof resourcePolicyRule> {}

export const nonResourcePolicyRule = message('flowcontrol/v1.NonResourcePolicyRule', {
  verbs: required(1, list(string), { listType: 'set' }),
  nonResourceURLs: required(6, list(string), { listType: 'set' }),
});
export interface NonResourcePolicyRule extends Infer<typeof nonResourcePolicyRule> {}

export const policyRulesWithSubjects = message('flowcontrol/v1.PolicyRulesWithSubjects', {
  subjects: required(1, list(subject)),
  resourceRules: optional(2, list(resourcePolicyRule)),
  nonResourceRules: optional(3, list(nonResourcePolicyRule)),
});
export interface PolicyRulesWithSubjects extends Infer<typeof policyRulesWithSubjects> {}

export const flowSchemaSpec = message('flowcontrol/v1.FlowSchemaSpec', {
  priorityLevelConfiguration: required(1, priorityLevelConfigurationReference),
  matchingPrecedence: required(2, int32, { notRequired: true }),
  distinguisherMethod: pointer(3, flowDistinguisherMethod),
  rules: optional(4, list(policyRulesWithSubjects)),
});
export interface FlowSchemaSpec extends Infer<typeof flowSchemaSpec> {}

export const conditionStatus = anyOf('True', 'False', 'Unknown');

export const flowSchemaCondition = message('flowcontrol/v1.FlowSchemaCondition', {
  type: optional(1, string),
  status: optional(2, conditionStatus),
  lastTransitionTime: optional(3, time),
  reason: optional(4, string),
  message: optional(5, string),
});
export interface FlowSchemaCondition extends Infer<typeof flowSchemaCondition> {}

export const flowSchemaStatus = message('flowcontrol/v1.FlowSchemaStatus', {
  conditions: optional(1, list(flowSchemaCondition), { listType: 'map', keys: ['type'], patch: 'merge', mergeKey: 'type' }),
});
export interface FlowSchemaStatus extends Infer<typeof flowSchemaStatus> {}

export const flowSchema = message('flowcontrol/v1.FlowSchema', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: embedded(2, flowSchemaSpec),
  status: embedded(3, flowSchemaStatus),
});
export interface FlowSchema extends Infer<typeof flowSchema> {}
