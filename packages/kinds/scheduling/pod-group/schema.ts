import type { Infer } from '#machinery/schema.ts';
import { embedded, int32, list, message, optional, pointer, required, string } from '#machinery/schema.ts';
import { condition, objectMeta, typeMeta } from '#machinery/meta.ts';
import { disruptionMode, podGroupResourceClaim, podGroupSchedulingConstraints, podGroupSchedulingPolicy } from '../v1alpha2.ts';

export const workloadPodGroupTemplateReference = message('scheduling/v1alpha2.WorkloadPodGroupTemplateReference', {
  workloadName: required(1, string),
  podGroupTemplateName: required(2, string),
});

export const podGroupTemplateReference = message('scheduling/v1alpha2.PodGroupTemplateReference', {
  workload: pointer(1, workloadPodGroupTemplateReference, { nullable: true }),
});
export interface PodGroupTemplateReference extends Infer<typeof podGroupTemplateReference> {}

const CLAIMS = { listType: 'map', keys: ['name'], patch: 'merge,retainKeys', mergeKey: 'name', gates: ['DRAWorkloadResourceClaims'] } as const;
const PREEMPTION = { gates: ['WorkloadAwarePreemption'] } as const;

export const podGroupSpec = message('scheduling/v1alpha2.PodGroupSpec', {
  podGroupTemplateRef: pointer(1, podGroupTemplateReference, { nullable: true }),
  schedulingPolicy: required(2, podGroupSchedulingPolicy),
  schedulingConstraints: pointer(3, podGroupSchedulingConstraints, { gates: ['TopologyAwareWorkloadScheduling'] }),
  resourceClaims: optional(4, list(podGroupResourceClaim), CLAIMS),
  disruptionMode: pointer(5, disruptionMode, { ...PREEMPTION, default: 'Pod' }),
  priorityClassName: optional(6, string, PREEMPTION),
  priority: pointer(7, int32, PREEMPTION),
});
export interface PodGroupSpec extends Infer<typeof podGroupSpec> {}

export const podGroupResourceClaimStatus = message('scheduling/v1alpha2.PodGroupResourceClaimStatus', {
  name: required(1, string),
  resourceClaimName: pointer(2, string),
});

export const podGroupStatus = message('scheduling/v1alpha2.PodGroupStatus', {
  conditions: optional(1, list(condition), { listType: 'map', keys: ['type'], patch: 'merge', mergeKey: 'type' }),
  resourceClaimStatuses: optional(2, list(podGroupResourceClaimStatus), CLAIMS),
});
export interface PodGroupStatus extends Infer<typeof podGroupStatus> {}

export const podGroup = message('scheduling/v1alpha2.PodGroup', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: required(2, podGroupSpec),
  status: embedded(3, podGroupStatus),
});
export interface PodGroup extends Infer<typeof podGroup> {}
