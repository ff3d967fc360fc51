import type { Infer } from '#machinery/schema.ts';
import { embedded, int32, int64, intOrString, list, message, oneOf, optional, pointer, required, string, time } from '#machinery/schema.ts';
import { conditionStatus } from '../../core/persistent-volume-claim/schema.ts';
import { podTemplateSpec } from '../../core/pod/schema.ts';
import { labelSelector, objectMeta, typeMeta } from '#machinery/meta.ts';

export const daemonSetUpdateStrategyType = oneOf('RollingUpdate', 'OnDelete');

export const rollingUpdateDaemonSet = message('apps/v1.RollingUpdateDaemonSet', {
  maxUnavailable: pointer(1, intOrString),
  maxSurge: pointer(2, intOrString),
});
export interface RollingUpdateDaemonSet extends Infer<typeof rollingUpdateDaemonSet> {}

export const daemonSetUpdateStrategy = message('apps/v1.DaemonSetUpdateStrategy', {
  type: optional(1, daemonSetUpdateStrategyType),
  rollingUpdate: pointer(2, rollingUpdateDaemonSet),
});
export interface DaemonSetUpdateStrategy extends Infer<typeof daemonSetUpdateStrategy> {}

export const daemonSetSpec = message('apps/v1.DaemonSetSpec', {
  selector: pointer(1, labelSelector, { nullable: true, mustBeSet: true }),
  template: required(2, podTemplateSpec),
  updateStrategy: embedded(3, daemonSetUpdateStrategy),
  minReadySeconds: optional(4, int32),
  revisionHistoryLimit: pointer(6, int32),
});
export interface DaemonSetSpec extends Infer<typeof daemonSetSpec> {}

export const daemonSetCondition = message('apps/v1.DaemonSetCondition', {
  type: required(1, string),
  status: required(2, conditionStatus),
  lastTransitionTime: optional(3, time),
  reason: optional(4, string),
  message: optional(5, string),
});
export interface DaemonSetCondition extends Infer<typeof daemonSetCondition> {}

export const daemonSetStatus = message('apps/v1.DaemonSetStatus', {
  currentNumberScheduled: required(1, int32),
  numberMisscheduled: required(2, int32),
  desiredNumberScheduled: required(3, int32),
  numberReady: required(4, int32),
  observedGeneration: optional(5, int64),
  updatedNumberScheduled: optional(6, int32),
  numberAvailable: optional(7, int32),
  numberUnavailable: optional(8, int32),
  collisionCount: pointer(9, int32),
  conditions: optional(10, list(daemonSetCondition), { listType: 'map', keys: ['type'], patch: 'merge', mergeKey: 'type' }),
});
export interface DaemonSetStatus extends Infer<typeof daemonSetStatus> {}

export const daemonSet = message('apps/v1.DaemonSet', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: embedded(2, daemonSetSpec),
  status: embedded(3, daemonSetStatus),
});
export interface DaemonSet extends Infer<typeof daemonSet> {}
