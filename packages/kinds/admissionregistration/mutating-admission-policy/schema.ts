import type { Infer } from '#machinery/schema.ts';
import { embedded, list, message, oneOf, optional, pointer, required, string } from '#machinery/schema.ts';
import { matchCondition, matchResources, paramKind, variable } from '../rules.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const patchType = oneOf('ApplyConfiguration', 'JSONPatch');

export const applyConfiguration = message('admissionregistration/v1.ApplyConfiguration', {
  expression: optional(1, string),
});
export interface ApplyConfiguration extends Infer<typeof applyConfiguration> {}

export const jsonPatch = message('admissionregistration/v1.JSONPatch', {
  expression: optional(1, string),
});
export interface JSONPatch extends Infer<typeof jsonPatch> {}

export const mutation = message('admissionregistration/v1.Mutation', {
  patchType: required(2, patchType),
  applyConfiguration: pointer(3, applyConfiguration),
  jsonPatch: pointer(4, jsonPatch),
});
export interface Mutation extends Infer<typeof mutation> {}

export const failurePolicyType = oneOf('Ignore', 'Fail');

export const reinvocationPolicyType = oneOf('Never', 'IfNeeded');

export const mutatingAdmissionPolicySpec = message('admissionregistration/v1.MutatingAdmissionPolicySpec', {
  paramKind: pointer(1, paramKind),
  matchConstraints: pointer(2, matchResources),
  variables: optional(3, list(variable)),
  mutations: optional(4, list(mutation)),
  failurePolicy: pointer(5, failurePolicyType),
  matchConditions: optional(6, list(matchCondition), { listType: 'map', keys: ['name'], patch: 'merge', mergeKey: 'name' }),
  reinvocationPolicy: optional(7, reinvocationPolicyType),
});
export interface MutatingAdmissionPolicySpec extends Infer<typeof mutatingAdmissionPolicySpec> {}

export const mutatingAdmissionPolicy = message('admissionregistration/v1.MutatingAdmissionPolicy', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: embedded(2, mutatingAdmissionPolicySpec),
});
export interface MutatingAdmissionPolicy extends Infer<typeof mutatingAdmissionPolicy> {}
