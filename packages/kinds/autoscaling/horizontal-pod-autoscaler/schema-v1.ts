import type { Infer } from '#machinery/schema.ts';
import { embedded, int32, int64, message, optional, pointer, required, string, time } from '#machinery/schema.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const crossVersionObjectReference = message(
  'autoscaling/v1.CrossVersionObjectReference',
  {
    kind: required(1, string),
    name: required(2, string),
    apiVersion: optional(3, string),
  },
  'atomic',
);
export interface CrossVersionObjectReference extends Infer<typeof crossVersionObjectReference> {}

export const horizontalPodAutoscalerSpec = message('autoscaling/v1.HorizontalPodAutoscalerSpec', {
  scaleTargetRef: required(1, crossVersionObjectReference),
  minReplicas: pointer(2, int32),
  maxReplicas: required(3, int32),
  targetCPUUtilizationPercentage: pointer(4, int32),
});
export interface HorizontalPodAutoscalerSpec extends Infer<typeof horizontalPodAutoscalerSpec> {}

export const horizontalPodAutoscalerStatus = message('autoscaling/v1.HorizontalPodAutoscalerStatus', {
  observedGeneration: pointer(1, int64),
  lastScaleTime: pointer(2, time),
  currentReplicas: required(3, int32),
  desiredReplicas: required(4, int32),
  currentCPUUtilizationPercentage: pointer(5, int32),
});
export interface HorizontalPodAutoscalerStatus extends Infer<typeof horizontalPodAutoscalerStatus> {}

export const horizontalPodAutoscaler = message('autoscaling/v1.HorizontalPodAutoscaler', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: required(2, horizontalPodAutoscalerSpec),
  status: embedded(3, horizontalPodAutoscalerStatus),
});
export interface HorizontalPodAutoscaler extends Infer<typeof horizontalPodAutoscaler> {}
