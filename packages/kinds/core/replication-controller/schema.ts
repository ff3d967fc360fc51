import type { Infer } from '#machinery/schema.ts';
import { anyOf, embedded, int32, int64, list, map, message, optional, pointer, required, string, time } from '#machinery/schema.ts';
import { conditionStatus } from '../persistent-volume-claim/schema.ts';
import { podTemplateSpec } from '../pod/schema.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const replicationControllerSpec = message('core/v1.ReplicationControllerSpec', {
  replicas: pointer(1, int32, { default: 1 }),
  minReadySeconds: optional(4, int32, { default: 0 }),
  selector: optional(2, map(string), { mapType: 'atomic' }),
  template: pointer(3, podTemplateSpec),
});
export interface ReplicationControllerSpec extends Infer<typeof replicationControllerSpec> {}

export const replicationControllerConditionType = anyOf('ReplicaFailure');

export const replicationControllerCondition = message('core/v1.ReplicationControllerCondition', {
  type: required(1, replicationControllerConditionType),
  status: required(2, conditionStatus),
  lastTransitionTime: optional(3, time),
  reason: optional(4, string),
  message: optional(5, string),
});
export interface ReplicationControllerCondition extends Infer<typeof replicationControllerCondition> {}

export const replicationControllerStatus = message('core/v1.ReplicationControllerStatus', {
  replicas: required(1, int32),
  fullyLabeledReplicas: optional(2, int32),
  readyReplicas: optional(4, int32),
  availableReplicas: optional(5, int32),
  observedGeneration: optional(3, int64),
  conditions: optional(6, list(replicationControllerCondition), { listType: 'map', keys: ['type'], patch: 'merge', mergeKey: 'type' }),
});
export interface ReplicationControllerStatus extends Infer<typeof replicationControllerStatus> {}

export const replicationController = message('core/v1.ReplicationController', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: embedded(2, replicationControllerSpec),
  status: embedded(3, replicationControllerStatus),
});
export interface ReplicationController extends Infer<typeof replicationController> {}
