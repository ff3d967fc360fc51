import type { Infer } from '#machinery/schema.ts';
import { anyOf, embedded, int32, int64, list, message, optional, pointer, quantity, required, string, time } from '#machinery/schema.ts';
import { conditionStatus } from '../../core/persistent-volume-claim/schema.ts';
import { resourceName } from '../../core/pod/container.ts';
import { labelSelector, objectMeta, typeMeta } from '#machinery/meta.ts';

export const crossVersionObjectReference = message('autoscaling/v2.CrossVersionObjectReference', {
  kind: required(1, string),
  name: required(2, string),
  apiVersion: optional(3, string),
});
export interface CrossVersionObjectReference extends Infer<typeof crossVersionObjectReference> {}

export const metricSourceType = anyOf('Object', 'Pods', 'Resource', 'ContainerResource', 'External');

export const metricTargetType = anyOf('Utilization', 'Value', 'AverageValue');

export const metricTarget = message('autoscaling/v2.MetricTarget', {
  type: required(1, metricTargetType),
  value: pointer(2, quantity),
  averageValue: pointer(3, quantity),
  averageUtilization: pointer(4, int32),
});
export interface MetricTarget extends Infer<typeof metricTarget> {}

export const metricIdentifier = message('autoscaling/v2.MetricIdentifier', {
  name: required(1, string),
  selector: pointer(2, labelSelector),
});
export interface MetricIdentifier extends Infer<typeof metricIdentifier> {}

export const objectMetricSource = message('autoscaling/v2.ObjectMetricSource', {
  describedObject: required(1, crossVersionObjectReference),
  target: required(2, metricTarget),
  metric: required(3, metricIdentifier),
});
export interface ObjectMetricSource extends Infer<typeof objectMetricSource> {}

export const podsMetricSource = message('autoscaling/v2.PodsMetricSource', {
  metric: required(1, metricIdentifier),
  target: required(2, metricTarget),
});
export interface PodsMetricSource extends Infer<typeof podsMetricSource> {}

export const resourceMetricSource = message('autoscaling/v2.ResourceMetricSource', {
  name: required(1, resourceName),
  target: required(2, metricTarget),
});
export interface ResourceMetricSource extends Infer<typeof resourceMetricSource> {}

export const containerResourceMetricSource = message('autoscaling/v2.ContainerResourceMetricSource', {
  name: required(1, resourceName),
  target: required(2, metricTarget),
  container: required(3, string),
});
export interface ContainerResourceMetricSource extends Infer<typeof containerResourceMetricSource> {}

export const externalMetricSource = message('autoscaling/v2.ExternalMetricSource', {
  metric: required(1, metricIdentifier),
  target: required(2, metricTarget),
});
export interface ExternalMetricSource extends Infer<typeof externalMetricSource> {}

export const metricSpec = message('autoscaling/v2.MetricSpec', {
  type: required(1, metricSourceType),
  object: pointer(2, objectMetricSource),
  pods: pointer(3, podsMetricSource),
  resource: pointer(4, resourceMetricSource),
  containerResource: pointer(7, containerResourceMetricSource),
  external: pointer(5, externalMetricSource),
});
export interface MetricSpec extends Infer<typeof metricSpec> {}

export const scalingPolicySelect = anyOf('Max', 'Min', 'Disabled');

export const hpaScalingPolicyType = anyOf('Pods', 'Percent');

export const hpaScalingPolicy = message('autoscaling/v2.HPAScalingPolicy', {
  type: required(1, hpaScalingPolicyType),
  value: required(2, int32),
  periodSeconds: required(3, int32),
});
export interface HPAScalingPolicy extends Infer<typeof hpaScalingPolicy> {}

export const hpaScalingRules = message('autoscaling/v2.HPAScalingRules', {
  stabilizationWindowSeconds: pointer(3, int32),
  selectPolicy: pointer(1, scalingPolicySelect),
  policies: optional(2, list(hpaScalingPolicy)),
  tolerance: pointer(4, quantity, { gates: ['HPAConfigurableTolerance'] }),
});
export interface HPAScalingRules extends Infer<typeof hpaScalingRules> {}

export const horizontalPodAutoscalerBehavior = message('autoscaling/v2.HorizontalPodAutoscalerBehavior', {
  scaleUp: pointer(1, hpaScalingRules),
  scaleDown: pointer(2, hpaScalingRules),
});
export interface HorizontalPodAutoscalerBehavior extends Infer<typeof horizontalPodAutoscalerBehavior> {}

export const horizontalPodAutoscalerSpec = message('autoscaling/v2.HorizontalPodAutoscalerSpec', {
  scaleTargetRef: required(1, crossVersionObjectReference),
  minReplicas: pointer(2, int32),
  maxReplicas: required(3, int32),
  metrics: optional(4, list(metricSpec)),
  behavior: pointer(5, horizontalPodAutoscalerBehavior),
});
export interface HorizontalPodAutoscalerSpec extends Infer<typeof horizontalPodAutoscalerSpec> {}

export const metricValueStatus = message('autoscaling/v2.MetricValueStatus', {
  value: pointer(1, quantity),
  averageValue: pointer(2, quantity),
  averageUtilization: pointer(3, int32),
});
export interface MetricValueStatus extends Infer<typeof metricValueStatus> {}

export const objectMetricStatus = message('autoscaling/v2.ObjectMetricStatus', {
  metric: required(1, metricIdentifier),
  current: required(2, metricValueStatus),
  describedObject: required(3, crossVersionObjectReference),
});
export interface ObjectMetricStatus extends Infer<typeof objectMetricStatus> {}

export const podsMetricStatus = message('autoscaling/v2.PodsMetricStatus', {
  metric: required(1, metricIdentifier),
  current: required(2, metricValueStatus),
});
export interface PodsMetricStatus extends Infer<typeof podsMetricStatus> {}

export const resourceMetricStatus = message('autoscaling/v2.ResourceMetricStatus', {
  name: required(1, resourceName),
  current: required(2, metricValueStatus),
});
export interface ResourceMetricStatus extends Infer<typeof resourceMetricStatus> {}

export const containerResourceMetricStatus = message('autoscaling/v2.ContainerResourceMetricStatus', {
  name: required(1, resourceName),
  current: required(2, metricValueStatus),
  container: required(3, string),
});
export interface ContainerResourceMetricStatus extends Infer<typeof containerResourceMetricStatus> {}

export const externalMetricStatus = message('autoscaling/v2.ExternalMetricStatus', {
  metric: required(1, metricIdentifier),
  current: required(2, metricValueStatus),
});
export interface ExternalMetricStatus extends Infer<typeof externalMetricStatus> {}

export const metricStatus = message('autoscaling/v2.MetricStatus', {
  type: required(1, metricSourceType),
  object: pointer(2, objectMetricStatus),
  pods: pointer(3, podsMetricStatus),
  resource: pointer(4, resourceMetricStatus),
  containerResource: pointer(7, containerResourceMetricStatus),
  external: pointer(5, externalMetricStatus),
});
export interface MetricStatus extends Infer<typeof metricStatus> {}

export const horizontalPodAutoscalerConditionType = anyOf('ScalingActive', 'AbleToScale', 'ScalingLimited', 'ScaledToZero');

export const horizontalPodAutoscalerCondition = message('autoscaling/v2.HorizontalPodAutoscalerCondition', {
  type: required(1, horizontalPodAutoscalerConditionType),
  status: required(2, conditionStatus),
  lastTransitionTime: optional(3, time),
  reason: optional(4, string),
  message: optional(5, string),
});
export interface HorizontalPodAutoscalerCondition extends Infer<typeof horizontalPodAutoscalerCondition> {}

export const horizontalPodAutoscalerStatus = message('autoscaling/v2.HorizontalPodAutoscalerStatus', {
  observedGeneration: pointer(1, int64),
  lastScaleTime: pointer(2, time),
  currentReplicas: optional(3, int32),
  desiredReplicas: required(4, int32),
  currentMetrics: required(5, list(metricStatus), { notRequired: true }),
  conditions: optional(6, list(horizontalPodAutoscalerCondition), { listType: 'map', keys: ['type'], patch: 'merge', mergeKey: 'type' }),
});
export interface HorizontalPodAutoscalerStatus extends Infer<typeof horizontalPodAutoscalerStatus> {}

export const horizontalPodAutoscaler = message('autoscaling/v2.HorizontalPodAutoscaler', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: required(2, horizontalPodAutoscalerSpec),
  status: embedded(3, horizontalPodAutoscalerStatus),
});
export interface HorizontalPodAutoscaler extends Infer<typeof horizontalPodAutoscaler> {}
