import type { Infer } from '#machinery/schema.ts';
import { int32, int64, list, message, oneOf, optional, pointer, required, string } from '#machinery/schema.ts';
import { nodeSelector, nodeSelectorTerm } from '../references.ts';
import { labelSelector } from '#machinery/meta.ts';

export const preferredSchedulingTerm = message('core/v1.PreferredSchedulingTerm', {
  weight: required(1, int32),
  preference: required(2, nodeSelectorTerm),
});
export interface PreferredSchedulingTerm extends Infer<typeof preferredSchedulingTerm> {}

export const nodeAffinity = message('core/v1.NodeAffinity', {
  requiredDuringSchedulingIgnoredDuringExecution: pointer(1, nodeSelector),
  preferredDuringSchedulingIgnoredDuringExecution: optional(2, list(preferredSchedulingTerm)),
});
export interface NodeAffinity extends Infer<typeof nodeAffinity> {}

export const podAffinityTerm = message('core/v1.PodAffinityTerm', {
  labelSelector: pointer(1, labelSelector),
  namespaces: optional(2, list(string)),
  topologyKey: required(3, string),
  namespaceSelector: pointer(4, labelSelector),
  matchLabelKeys: optional(5, list(string)),
  mismatchLabelKeys: optional(6, list(string)),
});
export interface PodAffinityTerm extends Infer<typeof podAffinityTerm> {}

export const weightedPodAffinityTerm = message('core/v1.WeightedPodAffinityTerm', {
  weight: required(1, int32),
  podAffinityTerm: required(2, podAffinityTerm),
});
export interface WeightedPodAffinityTerm extends Infer<typeof weightedPodAffinityTerm> {}

export const podAffinity = message('core/v1.PodAffinity', {
  requiredDuringSchedulingIgnoredDuringExecution: optional(1, list(podAffinityTerm)),
  preferredDuringSchedulingIgnoredDuringExecution: optional(2, list(weightedPodAffinityTerm)),
});
export interface PodAffinity extends Infer<typeof podAffinity> {}

export const podAntiAffinity = message('core/v1.PodAntiAffinity', {
  requiredDuringSchedulingIgnoredDuringExecution: optional(1, list(podAffinityTerm)),
  preferredDuringSchedulingIgnoredDuringExecution: optional(2, list(weightedPodAffinityTerm)),
});
export interface PodAntiAffinity extends Infer<typeof podAntiAffinity> {}

export const affinity = message('core/v1.Affinity', {
  nodeAffinity: pointer(1, nodeAffinity),
  podAffinity: pointer(2, podAffinity),
  podAntiAffinity: pointer(3, podAntiAffinity),
});
export interface Affinity extends Infer<typeof affinity> {}

export const tolerationOperator = oneOf('Exists', 'Equal', 'Lt', 'Gt');

export const taintEffect = oneOf('NoSchedule', 'PreferNoSchedule', 'NoExecute');

export const toleration = message('core/v1.Toleration', {
  key: optional(1, string),
  operator: optional(2, tolerationOperator),
  value: optional(3, string),
  effect: optional(4, taintEffect),
  tolerationSeconds: pointer(5, int64),
});
export interface Toleration extends Infer<typeof toleration> {}

export const unsatisfiableConstraintAction = oneOf('DoNotSchedule', 'ScheduleAnyway');

export const nodeInclusionPolicy = oneOf('Ignore', 'Honor');

export const topologySpreadConstraint = message('core/v1.TopologySpreadConstraint', {
  maxSkew: required(1, int32),
  topologyKey: required(2, string),
  whenUnsatisfiable: required(3, unsatisfiableConstraintAction),
  labelSelector: pointer(4, labelSelector),
  minDomains: pointer(5, int32),
  nodeAffinityPolicy: pointer(6, nodeInclusionPolicy),
  nodeTaintsPolicy: pointer(7, nodeInclusionPolicy),
  matchLabelKeys: optional(8, list(string)),
});
export interface TopologySpreadConstraint extends Infer<typeof topologySpreadConstraint> {}
