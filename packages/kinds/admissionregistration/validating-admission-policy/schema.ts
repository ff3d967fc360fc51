import type { Infer } from '#machinery/schema.ts';
import { embedded, int64, list, message, optional, pointer, required, string } from '#machinery/schema.ts';
import { failurePolicyType } from '../mutating-admission-policy/schema.ts';
import { matchCondition, matchResources, paramKind, variable } from '../rules.ts';
import { condition, objectMeta, statusReason, typeMeta } from '#machinery/meta.ts';

export const validation = message('admissionregistration/v1.Validation', {
  expression: required(1, string, { protoName: 'Expression' }),
  message: optional(2, string),
  reason: pointer(3, statusReason),
  messageExpression: optional(4, string),
});
export interface Validation extends Infer<typeof validation> {}

export const auditAnnotation = message('admissionregistration/v1.AuditAnnotation', {
  key: required(1, string),
  valueExpression: required(2, string),
});
export interface AuditAnnotation extends Infer<typeof auditAnnotation> {}

export const validatingAdmissionPolicySpec = message('admissionregistration/v1.ValidatingAdmissionPolicySpec', {
  paramKind: pointer(1, paramKind),
  matchConstraints: pointer(2, matchResources),
  validations: optional(3, list(validation)),
  failurePolicy: pointer(4, failurePolicyType),
  auditAnnotations: optional(5, list(auditAnnotation)),
  matchConditions: optional(6, list(matchCondition), { listType: 'map', keys: ['name'], patch: 'merge', mergeKey: 'name' }),
  variables: optional(7, list(variable), { listType: 'map', keys: ['name'], patch: 'merge', mergeKey: 'name' }),
});
export interface ValidatingAdmissionPolicySpec extends Infer<typeof validatingAdmissionPolicySpec> {}

export const expressionWarning = message('admissionregistration/v1.ExpressionWarning', {
  fieldRef: required(2, string),
  warning: required(3, string),
});
export interface ExpressionWarning extends Infer<typeof expressionWarning> {}

export const typeChecking = message('admissionregistration/v1.TypeChecking', {
  expressionWarnings: optional(1, list(expressionWarning)),
});
export interface TypeChecking extends Infer<typeof typeChecking> {}

export const validatingAdmissionPolicyStatus = message('admissionregistration/v1.ValidatingAdmissionPolicyStatus', {
  observedGeneration: optional(1, int64),
  typeChecking: pointer(2, typeChecking),
  conditions: optional(3, list(condition), { listType: 'map', keys: ['type'] }),
});
export interface ValidatingAdmissionPolicyStatus extends Infer<typeof validatingAdmissionPolicyStatus> {}

export const validatingAdmissionPolicy = message('admissionregistration/v1.ValidatingAdmissionPolicy', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: embedded(2, validatingAdmissionPolicySpec),
  status: embedded(3, validatingAdmissionPolicyStatus),
});
export interface ValidatingAdmissionPolicy extends Infer<typeof validatingAdmissionPolicy> {}
