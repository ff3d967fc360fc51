import type { Infer } from '#machinery/schema.ts';
import { bool, embedded, int64, list, map, message, optional, pointer, quantity, required, string } from '#machinery/schema.ts';
import { nodeSelector } from '../../core/references.ts';
import { deviceAttribute, deviceTaint } from '../shared.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const resourcePool = message('resource/v1.ResourcePool', {
  name: required(1, string),
  generation: required(2, int64),
  resourceSliceCount: required(3, int64),
});
export interface ResourcePool extends Infer<typeof resourcePool> {}

export const capacityRequestPolicyRange = message('resource/v1.CapacityRequestPolicyRange', {
  min: pointer(1, quantity, { mustBeSet: true }),
  max: pointer(2, quantity),
  step: pointer(3, quantity),
});
export interface CapacityRequestPolicyRange extends Infer<typeof capacityRequestPolicyRange> {}

export const capacityRequestPolicy = message('resource/v1.CapacityRequestPolicy', {
  default: pointer(1, quantity, { nullable: true }),
  validValues: optional(3, list(quantity), { oneOf: 'ValidRequestValues' }),
  validRange: pointer(4, capacityRequestPolicyRange, { oneOf: 'ValidRequestValues' }),
});
export interface CapacityRequestPolicy extends Infer<typeof capacityRequestPolicy> {}

export const deviceCapacity = message('resource/v1.DeviceCapacity', {
  value: required(1, quantity),
  requestPolicy: pointer(2, capacityRequestPolicy, { gates: ['DRAConsumableCapacity'] }),
});
export interface DeviceCapacity extends Infer<typeof deviceCapacity> {}

export const counter = message('resource/v1.Counter', {
  value: required(1, quantity),
});
export interface Counter extends Infer<typeof counter> {}

export const deviceCounterConsumption = message('resource/v1.DeviceCounterConsumption', {
  counterSet: required(1, string),
  counters: optional(2, map(counter), { mustBeSet: true }),
});
export interface DeviceCounterConsumption extends Infer<typeof deviceCounterConsumption> {}

export const nodeAllocatableResourceMapping = message('resource/v1.NodeAllocatableResourceMapping', {
  capacityKey: pointer(1, string),
  allocationMultiplier: pointer(2, quantity),
});
export interface NodeAllocatableResourceMapping extends Infer<typeof nodeAllocatableResourceMapping> {}

export const device = message('resource/v1.Device', {
  name: required(1, string),
  attributes: optional(2, map(deviceAttribute)),
  capacity: optional(3, map(deviceCapacity)),
  consumesCounters: optional(4, list(deviceCounterConsumption), { gates: ['DRAPartitionableDevices'] }),
  nodeName: pointer(5, string, { gates: ['DRAPartitionableDevices'], oneOf: 'DeviceNodeSelection' }),
  nodeSelector: pointer(6, nodeSelector, { gates: ['DRAPartitionableDevices'], oneOf: 'DeviceNodeSelection' }),
  allNodes: pointer(7, bool, { gates: ['DRAPartitionableDevices'], oneOf: 'DeviceNodeSelection' }),
  taints: optional(8, list(deviceTaint), { gates: ['DRADeviceTaints'] }),
  bindsToNode: pointer(9, bool, { gates: ['DRADeviceBindingConditions', 'DRAResourceClaimDeviceStatus'] }),
  bindingConditions: optional(10, list(string), { gates: ['DRADeviceBindingConditions', 'DRAResourceClaimDeviceStatus'] }),
  bindingFailureConditions: optional(11, list(string), { gates: ['DRADeviceBindingConditions', 'DRAResourceClaimDeviceStatus'] }),
  allowMultipleAllocations: pointer(12, bool, { gates: ['DRAConsumableCapacity'] }),
  nodeAllocatableResourceMappings: optional(13, map(nodeAllocatableResourceMapping), { gates: ['DRANodeAllocatableResources'] }),
});
export interface Device extends Infer<typeof device> {}

export const counterSet = message('resource/v1.CounterSet', {
  name: required(1, string),
  counters: optional(2, map(counter), { mustBeSet: true }),
});
export interface CounterSet extends Infer<typeof counterSet> {}

export const resourceSliceSpec = message('resource/v1.ResourceSliceSpec', {
  driver: required(1, string),
  pool: required(2, resourcePool),
  nodeName: pointer(3, string, { oneOf: 'NodeSelection' }),
  nodeSelector: pointer(4, nodeSelector, { oneOf: 'NodeSelection' }),
  allNodes: pointer(5, bool, { oneOf: 'NodeSelection' }),
  devices: optional(6, list(device), { oneOf: 'ResourceSliceType' }),
  perDeviceNodeSelection: pointer(7, bool, { gates: ['DRAPartitionableDevices'], oneOf: 'NodeSelection' }),
  sharedCounters: optional(8, list(counterSet), { gates: ['DRAPartitionableDevices'], oneOf: 'ResourceSliceType' }),
});
export interface ResourceSliceSpec extends Infer<typeof resourceSliceSpec> {}

export const resourceSlice = message('resource/v1.ResourceSlice', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: required(2, resourceSliceSpec),
});
export interface ResourceSlice extends Infer<typeof resourceSlice> {}
