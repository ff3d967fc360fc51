import type { Infer } from '#machinery/schema.ts';
import {
  anyOf,
  bool,
  embedded,
  int32,
  int64,
  intOrString,
  list,
  message,
  oneOf,
  optional,
  pointer,
  required,
  string,
  time,
} from '#machinery/schema.ts';
import { conditionStatus } from '../../core/persistent-volume-claim/schema.ts';
import { podTemplateSpec } from '../../core/pod/schema.ts';
import { labelSelector, objectMeta, typeMeta } from '#machinery/meta.ts';

export const deploymentStrategyType = oneOf('Recreate', 'RollingUpdate');

export const rollingUpdateDeployment = message('apps/v1.RollingUpdateDeployment', {
  maxUnavailable: pointer(1, intOrString),
  maxSurge: pointer(2, intOrString),
});
export interface RollingUpdateDeployment extends Infer<typeof rollingUpdateDeployment> {}

export const deploymentStrategy = message('apps/v1.DeploymentStrategy', {
  type: optional(1, deploymentStrategyType),
  rollingUpdate: pointer(2, rollingUpdateDeployment),
});
export interface DeploymentStrategy extends Infer<typeof deploymentStrategy> {}

export const deploymentSpec = message('apps/v1.DeploymentSpec', {
  replicas: pointer(1, int32),
  selector: pointer(2, labelSelector, { nullable: true, mustBeSet: true }),
  template: required(3, podTemplateSpec),
  strategy: embedded(4, deploymentStrategy, { patch: 'retainKeys' }),
  minReadySeconds: optional(5, int32),
  revisionHistoryLimit: pointer(6, int32),
  paused: optional(7, bool),
  progressDeadlineSeconds: pointer(9, int32),
});
export interface DeploymentSpec extends Infer<typeof deploymentSpec> {}

export const deploymentConditionType = anyOf('Available', 'Progressing', 'ReplicaFailure');

export const deploymentCondition = message('apps/v1.DeploymentCondition', {
  type: required(1, deploymentConditionType),
  status: required(2, conditionStatus),
  lastUpdateTime: optional(6, time),
  lastTransitionTime: optional(7, time),
  reason: optional(4, string),
  message: optional(5, string),
});
export interface DeploymentCondition extends Infer<typeof deploymentCondition> {}

export const deploymentStatus = message('apps/v1.DeploymentStatus', {
  observedGeneration: optional(1, int64),
  replicas: optional(2, int32),
  updatedReplicas: optional(3, int32),
  readyReplicas: optional(7, int32),
  availableReplicas: optional(4, int32),
  unavailableReplicas: optional(5, int32),
  terminatingReplicas: pointer(9, int32),
  conditions: optional(6, list(deploymentCondition), { listType: 'map', keys: ['type'], patch: 'merge', mergeKey: 'type' }),
  collisionCount: pointer(8, int32),
});
export interface DeploymentStatus extends Infer<typeof deploymentStatus> {}

export const deployment = message('apps/v1.Deployment', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: embedded(2, deploymentSpec),
  status: embedded(3, deploymentStatus),
});
export interface Deployment extends Infer<typeof deployment> {}
