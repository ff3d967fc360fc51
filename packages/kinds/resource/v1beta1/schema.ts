/** `resource.k8s.io/v1beta1`, as far as it differs from `v1`: requests have their members themselves, devices have them under `basic`. */
import type { Infer } from '#machinery/schema.ts';
import { bool, embedded, int64, list, map, message, optional, pointer, required, string } from '#machinery/schema.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';
import { nodeSelector } from '../../core/references.ts';
import { resourceClaimStatus } from '../resource-claim/schema.ts';
import { counterSet, deviceCapacity, deviceCounterConsumption, nodeAllocatableResourceMapping, resourcePool } from '../resource-slice/schema.ts';
import { capacityRequirements, deviceAllocationMode, deviceAttribute, deviceClaimConfiguration, deviceConstraint, deviceSelector, deviceTaint, deviceToleration } from '../shared.ts';

const TAINTS = { gates: ['DRADeviceTaints'] };
const CAPACITY = { gates: ['DRAConsumableCapacity'] };
const PARTITIONS = { gates: ['DRAPartitionableDevices'] };
const BINDING = { gates: ['DRADeviceBindingConditions', 'DRAResourceClaimDeviceStatus'] };

const deviceSubRequest = message('resource/v1beta1.DeviceSubRequest', {
  name: required(1, string),
  deviceClassName: required(2, string),
  selectors: optional(3, list(deviceSelector)),
  allocationMode: optional(4, deviceAllocationMode),
  count: optional(5, int64),
  tolerations: optional(7, list(deviceToleration), TAINTS),
  capacity: pointer(8, capacityRequirements, CAPACITY),
});

export const deviceRequest = message('resource/v1beta1.DeviceRequest', {
  name: required(1, string),
  deviceClassName: required(2, string, { notRequired: true }),
  selectors: optional(3, list(deviceSelector)),
  allocationMode: optional(4, deviceAllocationMode),
  count: optional(5, int64),
  adminAccess: pointer(6, bool, { gates: ['DRAAdminAccess'] }),
  firstAvailable: optional(7, list(deviceSubRequest), { gates: ['DRAPrioritizedList'] }),
  tolerations: optional(8, list(deviceToleration), TAINTS),
  capacity: pointer(9, capacityRequirements, CAPACITY),
});
export interface DeviceRequest extends Infer<typeof deviceRequest> {}

const deviceClaim = message('resource/v1beta1.DeviceClaim', {
  requests: required(1, list(deviceRequest), { notRequired: true }),
  constraints: optional(2, list(deviceConstraint)),
  config: optional(3, list(deviceClaimConfiguration)),
});

const resourceClaimSpec = message('resource/v1beta1.ResourceClaimSpec', { devices: embedded(1, deviceClaim) });

export const resourceClaim = message('resource/v1beta1.ResourceClaim', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: required(2, resourceClaimSpec),
  status: embedded(3, resourceClaimStatus),
});
export interface ResourceClaim extends Infer<typeof resourceClaim> {}

const resourceClaimTemplateSpec = message('resource/v1beta1.ResourceClaimTemplateSpec', { metadata: embedded(1, objectMeta), spec: required(2, resourceClaimSpec) });

export const resourceClaimTemplate = message('resource/v1beta1.ResourceClaimTemplate', { ...typeMeta, metadata: embedded(1, objectMeta), spec: required(2, resourceClaimTemplateSpec) });
export interface ResourceClaimTemplate extends Infer<typeof resourceClaimTemplate> {}

const basicDevice = message('resource/v1beta1.BasicDevice', {
  attributes: optional(1, map(deviceAttribute)),
  capacity: optional(2, map(deviceCapacity)),
  consumesCounters: optional(3, list(deviceCounterConsumption), PARTITIONS),
  nodeName: pointer(4, string, PARTITIONS),
  nodeSelector: pointer(5, nodeSelector, PARTITIONS),
  allNodes: pointer(6, bool, PARTITIONS),
  taints: optional(7, list(deviceTaint), TAINTS),
  bindsToNode: pointer(8, bool, BINDING),
  bindingConditions: optional(9, list(string), BINDING),
  bindingFailureConditions: optional(10, list(string), BINDING),
  allowMultipleAllocations: pointer(11, bool, CAPACITY),
  nodeAllocatableResourceMappings: optional(12, map(nodeAllocatableResourceMapping), { gates: ['DRANodeAllocatableResources'] }),
});

export const device = message('resource/v1beta1.Device', { name: required(1, string), basic: pointer(2, basicDevice) });
export interface Device extends Infer<typeof device> {}

const resourceSliceSpec = message('resource/v1beta1.ResourceSliceSpec', {
  driver: required(1, string),
  pool: required(2, resourcePool),
  nodeName: optional(3, string),
  nodeSelector: pointer(4, nodeSelector),
  allNodes: optional(5, bool),
  devices: optional(6, list(device)),
  perDeviceNodeSelection: pointer(7, bool, PARTITIONS),
  sharedCounters: optional(8, list(counterSet), PARTITIONS),
});

export const resourceSlice = message('resource/v1beta1.ResourceSlice', { ...typeMeta, metadata: embedded(1, objectMeta), spec: required(2, resourceSliceSpec) });
export interface ResourceSlice extends Infer<typeof resourceSlice> {}
