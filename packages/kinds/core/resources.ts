import type { Infer } from '#machinery/schema.ts';
import { list, map, message, optional, quantity, required, string } from '#machinery/schema.ts';

export const resourceClaim = message('core/v1.ResourceClaim', {
  name: required(1, string),
  request: optional(2, string),
});
export interface ResourceClaim extends Infer<typeof resourceClaim> {}

export const resourceRequirements = message('core/v1.ResourceRequirements', {
  limits: optional(1, map(quantity)),
  requests: optional(2, map(quantity)),
  claims: optional(3, list(resourceClaim), { listType: 'map', keys: ['name'], gates: ['DynamicResourceAllocation'] }),
});
export interface ResourceRequirements extends Infer<typeof resourceRequirements> {}

export const volumeResourceRequirements = message('core/v1.VolumeResourceRequirements', {
  limits: optional(1, map(quantity)),
  requests: optional(2, map(quantity)),
});
export interface VolumeResourceRequirements extends Infer<typeof volumeResourceRequirements> {}
