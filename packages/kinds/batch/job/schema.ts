import type { Infer } from '#machinery/schema.ts';
import { anyOf, bool, embedded, int32, int64, list, message, oneOf, optional, pointer, required, string, time } from '#machinery/schema.ts';
import { conditionStatus } from '../../core/persistent-volume-claim/schema.ts';
import { podTemplateSpec } from '../../core/pod/schema.ts';
import { podConditionType } from '../../core/pod/status.ts';
import { labelSelector, objectMeta, typeMeta } from '#machinery/meta.ts';

export const podFailurePolicyAction = oneOf('FailJob', 'FailIndex', 'Ignore', 'Count');

export const podFailurePolicyOnExitCodesOperator = oneOf('In', 'NotIn');

export const podFailurePolicyOnExitCodesRequirement = message('batch/v1.PodFailurePolicyOnExitCodesRequirement', {
  containerName: pointer(1, string),
  operator: required(2, podFailurePolicyOnExitCodesOperator),
  values: required(3, list(int32), { listType: 'set' }),
});
export interface PodFailurePolicyOnExitCodesRequirement extends Infer<typeof podFailurePolicyOnExitCodesRequirement> {}

export const podFailurePolicyOnPodConditionsPattern = message('batch/v1.PodFailurePolicyOnPodConditionsPattern', {
  type: required(1, podConditionType),
  status: required(2, conditionStatus, { notRequired: true }),
});
export interface PodFailurePolicyOnPodConditionsPattern extends Infer<typeof podFailurePolicyOnPodConditionsPattern> {}

export const podFailurePolicyRule = message('batch/v1.PodFailurePolicyRule', {
  action: required(1, podFailurePolicyAction),
  onExitCodes: pointer(2, podFailurePolicyOnExitCodesRequirement),
  onPodConditions: optional(3, list(podFailurePolicyOnPodConditionsPattern)),
});
export interface PodFailurePolicyRule extends Infer<typeof podFailurePolicyRule> {}

export const podFailurePolicy = message('batch/v1.PodFailurePolicy', {
  rules: required(1, list(podFailurePolicyRule)),
});
export interface PodFailurePolicy extends Infer<typeof podFailurePolicy> {}

export const successPolicyRule = message('batch/v1.SuccessPolicyRule', {
  succeededIndexes: pointer(1, string),
  succeededCount: pointer(2, int32),
});
export interface SuccessPolicyRule extends Infer<typeof successPolicyRule> {}

export const successPolicy = message('batch/v1.SuccessPolicy', {
  rules: required(1, list(successPolicyRule)),
});
export interface SuccessPolicy extends Infer<typeof successPolicy> {}

export const completionMode = oneOf('NonIndexed', 'Indexed');

export const podReplacementPolicy = oneOf('TerminatingOrFailed', 'Failed');

export const jobSpec = message('batch/v1.JobSpec', {
  parallelism: pointer(1, int32),
  completions: pointer(2, int32),
  activeDeadlineSeconds: pointer(3, int64),
  podFailurePolicy: pointer(11, podFailurePolicy),
  successPolicy: pointer(16, successPolicy),
  backoffLimit: pointer(7, int32),
  backoffLimitPerIndex: pointer(12, int32),
  maxFailedIndexes: pointer(13, int32),
  selector: pointer(4, labelSelector),
  manualSelector: pointer(5, bool),
  template: required(6, podTemplateSpec),
  ttlSecondsAfterFinished: pointer(8, int32),
  completionMode: pointer(9, completionMode),
  suspend: pointer(10, bool),
  podReplacementPolicy: pointer(14, podReplacementPolicy),
  managedBy: pointer(15, string),
});
export interface JobSpec extends Infer<typeof jobSpec> {}

export const jobConditionType = anyOf('Suspended', 'Complete', 'Failed', 'FailureTarget', 'SuccessCriteriaMet');

export const jobCondition = message('batch/v1.JobCondition', {
  type: required(1, jobConditionType),
  status: required(2, conditionStatus),
  lastProbeTime: optional(3, time),
  lastTransitionTime: optional(4, time),
  reason: optional(5, string),
  message: optional(6, string),
});
export interface JobCondition extends Infer<typeof jobCondition> {}

export const uncountedTerminatedPods = message('batch/v1.UncountedTerminatedPods', {
  succeeded: optional(1, list(string), { listType: 'set' }),
  failed: optional(2, list(string), { listType: 'set' }),
});
export interface UncountedTerminatedPods extends Infer<typeof uncountedTerminatedPods> {}

export const jobStatus = message('batch/v1.JobStatus', {
  conditions: optional(1, list(jobCondition), { patch: 'merge', mergeKey: 'type' }),
  startTime: pointer(2, time),
  completionTime: pointer(3, time),
  active: optional(4, int32),
  succeeded: optional(5, int32),
  failed: optional(6, int32),
  terminating: pointer(11, int32),
  completedIndexes: optional(7, string),
  failedIndexes: pointer(10, string),
  uncountedTerminatedPods: pointer(8, uncountedTerminatedPods),
  ready: pointer(9, int32),
});
export interface JobStatus extends Infer<typeof jobStatus> {}

export const job = message('batch/v1.Job', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: embedded(2, jobSpec),
  status: embedded(3, jobStatus),
});
export interface Job extends Infer<typeof job> {}

export const jobTemplateSpec = message('batch/v1.JobTemplateSpec', {
  metadata: embedded(1, objectMeta),
  spec: embedded(2, jobSpec),
});
export interface JobTemplateSpec extends Infer<typeof jobTemplateSpec> {}
