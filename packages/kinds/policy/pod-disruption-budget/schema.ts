import type { Infer } from '#machinery/schema.ts';
import { embedded, int32, int64, intOrString, list, map, message, oneOf, optional, pointer, required, time } from '#machinery/schema.ts';
import { condition, labelSelector, objectMeta, typeMeta } from '#machinery/meta.ts';

export const unhealthyPodEvictionPolicyType = oneOf('IfHealthyBudget', 'AlwaysAllow');

export const podDisruptionBudgetSpec = message('policy/v1.PodDisruptionBudgetSpec', {
  minAvailable: pointer(1, intOrString),
  selector: pointer(2, labelSelector, { patch: 'replace' }),
  maxUnavailable: pointer(3, intOrString),
  unhealthyPodEvictionPolicy: pointer(4, unhealthyPodEvictionPolicyType),
});
export interface PodDisruptionBudgetSpec extends Infer<typeof podDisruptionBudgetSpec> {}

export const podDisruptionBudgetStatus = message('policy/v1.PodDisruptionBudgetStatus', {
  observedGeneration: optional(1, int64),
  disruptedPods: optional(2, map(time)),
  disruptionsAllowed: required(3, int32, { notRequired: true }),
  currentHealthy: required(4, int32, { notRequired: true }),
  desiredHealthy: required(5, int32, { notRequired: true }),
  expectedPods: required(6, int32, { notRequired: true }),
  conditions: optional(7, list(condition), { listType: 'map', keys: ['type'], patch: 'merge', mergeKey: 'type' }),
});
export interface PodDisruptionBudgetStatus extends Infer<typeof podDisruptionBudgetStatus> {}

export const podDisruptionBudget = message('policy/v1.PodDisruptionBudget', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: embedded(2, podDisruptionBudgetSpec),
  status: embedded(3, podDisruptionBudgetStatus),
});
export interface PodDisruptionBudget extends Infer<typeof podDisruptionBudget> {}
