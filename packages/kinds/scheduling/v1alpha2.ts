/**
 * What workloads and pod groups share. Fields: `scheduling.k8s.io/v1alpha2` of 1.36.
 */
import type { Infer } from '#machinery/schema.ts';
import { int32, list, message, oneOf, optional, pointer, required, string } from '#machinery/schema.ts';

export const basicSchedulingPolicy = message('scheduling/v1alpha2.BasicSchedulingPolicy', {});

export const gangSchedulingPolicy = message('scheduling/v1alpha2.GangSchedulingPolicy', { minCount: required(1, int32) });

export const podGroupSchedulingPolicy = message('scheduling/v1alpha2.PodGroupSchedulingPolicy', {
  basic: pointer(1, basicSchedulingPolicy),
  gang: pointer(2, gangSchedulingPolicy),
});
export interface PodGroupSchedulingPolicy extends Infer<typeof podGroupSchedulingPolicy> {}

export const topologyConstraint = message('scheduling/v1alpha2.TopologyConstraint', { key: required(1, string) });

export const podGroupSchedulingConstraints = message('scheduling/v1alpha2.PodGroupSchedulingConstraints', {
  topology: optional(1, list(topologyConstraint), { listType: 'atomic' }),
});

export const podGroupResourceClaim = message('scheduling/v1alpha2.PodGroupResourceClaim', {
  name: required(1, string),
  resourceClaimName: pointer(2, string),
  resourceClaimTemplateName: pointer(3, string),
});
export interface PodGroupResourceClaim extends Infer<typeof podGroupResourceClaim> {}

export const disruptionMode = oneOf('Pod', 'PodGroup');

const CLAIMS = { listType: 'map', keys: ['name'], patch: 'merge,retainKeys', mergeKey: 'name', gates: ['DRAWorkloadResourceClaims'] } as const;
const PREEMPTION = { gates: ['WorkloadAwarePreemption'] } as const;

export const podGroupTemplate = message('scheduling/v1alpha2.PodGroupTemplate', {
  name: required(1, string),
  schedulingPolicy: required(2, podGroupSchedulingPolicy),
  schedulingConstraints: pointer(3, podGroupSchedulingConstraints, { gates: ['TopologyAwareWorkloadScheduling'], nullable: true }),
  resourceClaims: optional(4, list(podGroupResourceClaim), CLAIMS),
  disruptionMode: pointer(5, disruptionMode, PREEMPTION),
  priorityClassName: optional(6, string, PREEMPTION),
  priority: pointer(7, int32, PREEMPTION),
});
export interface PodGroupTemplate extends Infer<typeof podGroupTemplate> {}
