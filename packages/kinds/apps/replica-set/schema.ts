import type { Infer } from '#machinery/schema.ts';
import { anyOf, embedded, int32, int64, list, message, optional, pointer, required, string, time } from '#machinery/schema.ts';
import { conditionStatus } from '../../core/persistent-volume-claim/schema.ts';
import { podTemplateSpec } from '../../core/pod/schema.ts';
import { labelSelector, objectMeta, typeMeta } from '#machinery/meta.ts';

export const replicaSetSpec = message('apps/v1.ReplicaSetSpec', {
  replicas: pointer(1, int32),
  minReadySeconds: optional(4, int32),
  selector: pointer(2, labelSelector, { nullable: true, mustBeSet: true }),
  template: embedded(3, podTemplateSpec),
});
export interface ReplicaSetSpec extends Infer<typeof replicaSetSpec> {}

export const replicaSetConditionType = anyOf('ReplicaFailure');

export const replicaSetCondition = message('apps/v1.ReplicaSetCondition', {
  type: required(1, replicaSetConditionType),
  status: required(2, conditionStatus),
  lastTransitionTime: optional(3, time),
  reason: optional(4, string),
  message: optional(5, string),
});
export interface ReplicaSetCondition extends Infer<typeof replicaSetCondition> {}

export const replicaSetStatus = message('apps/v1.ReplicaSetStatus', {
  replicas: required(1, int32),
  fullyLabeledReplicas: optional(2, int32),
  readyReplicas: optional(4, int32),
  availableReplicas: optional(5, int32),
  terminatingReplicas: pointer(7, int32),
  observedGeneration: optional(3, int64),
  conditions: optional(6, list(replicaSetCondition), { listType: 'map', keys: ['type'], patch: 'merge', mergeKey: 'type' }),
});
export interface ReplicaSetStatus extends Infer<typeof replicaSetStatus> {}

export const replicaSet = message('apps/v1.ReplicaSet', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: embedded(2, replicaSetSpec),
  status: embedded(3, replicaSetStatus),
});
export interface ReplicaSet extends Infer<typeof replicaSet> {}
