import type { Infer } from '#machinery/schema.ts';
import { anyOf, embedded, int32, int64, intOrString, list, message, oneOf, optional, pointer, required, string, time } from '#machinery/schema.ts';
import { conditionStatus, persistentVolumeClaim } from '../../core/persistent-volume-claim/schema.ts';
import { podTemplateSpec } from '../../core/pod/schema.ts';
import { labelSelector, objectMeta, typeMeta } from '#machinery/meta.ts';

export const podManagementPolicyType = oneOf('OrderedReady', 'Parallel');

export const statefulSetUpdateStrategyType = oneOf('RollingUpdate', 'OnDelete');

export const rollingUpdateStatefulSetStrategy = message('apps/v1.RollingUpdateStatefulSetStrategy', {
  partition: pointer(1, int32),
  maxUnavailable: pointer(2, intOrString, { gates: ['MaxUnavailableStatefulSet'] }),
});
export interface RollingUpdateStatefulSetStrategy extends Infer<typeof rollingUpdateStatefulSetStrategy> {}

export const statefulSetUpdateStrategy = message('apps/v1.StatefulSetUpdateStrategy', {
  type: optional(1, statefulSetUpdateStrategyType),
  rollingUpdate: pointer(2, rollingUpdateStatefulSetStrategy),
});
export interface StatefulSetUpdateStrategy extends Infer<typeof statefulSetUpdateStrategy> {}

export const persistentVolumeClaimRetentionPolicyType = anyOf('Retain', 'Delete');

export const statefulSetPersistentVolumeClaimRetentionPolicy = message('apps/v1.StatefulSetPersistentVolumeClaimRetentionPolicy', {
  whenDeleted: optional(1, persistentVolumeClaimRetentionPolicyType),
  whenScaled: optional(2, persistentVolumeClaimRetentionPolicyType),
});
export interface StatefulSetPersistentVolumeClaimRetentionPolicy extends Infer<typeof statefulSetPersistentVolumeClaimRetentionPolicy> {}

export const statefulSetOrdinals = message('apps/v1.StatefulSetOrdinals', {
  start: required(1, int32, { notRequired: true }),
});
export interface StatefulSetOrdinals extends Infer<typeof statefulSetOrdinals> {}

export const statefulSetSpec = message('apps/v1.StatefulSetSpec', {
  replicas: pointer(1, int32),
  selector: pointer(2, labelSelector, { nullable: true, mustBeSet: true }),
  template: required(3, podTemplateSpec),
  volumeClaimTemplates: optional(4, list(persistentVolumeClaim)),
  serviceName: required(5, string, { notRequired: true }),
  podManagementPolicy: optional(6, podManagementPolicyType),
  updateStrategy: embedded(7, statefulSetUpdateStrategy),
  revisionHistoryLimit: pointer(8, int32),
  minReadySeconds: optional(9, int32),
  persistentVolumeClaimRetentionPolicy: pointer(10, statefulSetPersistentVolumeClaimRetentionPolicy),
  ordinals: pointer(11, statefulSetOrdinals),
});
export interface StatefulSetSpec extends Infer<typeof statefulSetSpec> {}

export const statefulSetCondition = message('apps/v1.StatefulSetCondition', {
  type: required(1, string),
  status: required(2, conditionStatus),
  lastTransitionTime: optional(3, time),
  reason: optional(4, string),
  message: optional(5, string),
});
export interface StatefulSetCondition extends Infer<typeof statefulSetCondition> {}

export const statefulSetStatus = message('apps/v1.StatefulSetStatus', {
  observedGeneration: optional(1, int64),
  replicas: required(2, int32),
  readyReplicas: optional(3, int32),
  currentReplicas: optional(4, int32),
  updatedReplicas: optional(5, int32),
  currentRevision: optional(6, string),
  updateRevision: optional(7, string),
  collisionCount: pointer(9, int32),
  conditions: optional(10, list(statefulSetCondition), { listType: 'map', keys: ['type'], patch: 'merge', mergeKey: 'type' }),
  availableReplicas: required(11, int32, { notRequired: true }),
});
export interface StatefulSetStatus extends Infer<typeof statefulSetStatus> {}

export const statefulSet = message('apps/v1.StatefulSet', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: embedded(2, statefulSetSpec),
  status: embedded(3, statefulSetStatus),
});
export interface StatefulSet extends Infer<typeof statefulSet> {}
