import type { Infer } from '#machinery/schema.ts';
import {
  bool,
  embedded,
  inline,
  list,
  map,
  message,
  oneOf,
  optional,
  pointer,
  quantity,
  rawExtension,
  required,
  string,
  time,
} from '#machinery/schema.ts';
import { nodeSelector } from '../../core/references.ts';
import { deviceClaim, deviceConfiguration, deviceToleration } from '../shared.ts';
import { condition, objectMeta, typeMeta } from '#machinery/meta.ts';

export const resourceClaimSpec = message('resource/v1.ResourceClaimSpec', {
  devices: embedded(1, deviceClaim),
});
export interface ResourceClaimSpec extends Infer<typeof resourceClaimSpec> {}

export const deviceRequestAllocationResult = message('resource/v1.DeviceRequestAllocationResult', {
  request: required(1, string),
  driver: required(2, string),
  pool: required(3, string),
  device: required(4, string),
  adminAccess: pointer(5, bool, { gates: ['DRAAdminAccess'] }),
  tolerations: optional(6, list(deviceToleration), { gates: ['DRADeviceTaints'] }),
  bindingConditions: optional(7, list(string), { gates: ['DRADeviceBindingConditions', 'DRAResourceClaimDeviceStatus'] }),
  bindingFailureConditions: optional(8, list(string), { gates: ['DRADeviceBindingConditions', 'DRAResourceClaimDeviceStatus'] }),
  shareID: pointer(9, string, { gates: ['DRAConsumableCapacity'] }),
  consumedCapacity: optional(10, map(quantity), { gates: ['DRAConsumableCapacity'] }),
});
export interface DeviceRequestAllocationResult extends Infer<typeof deviceRequestAllocationResult> {}

export const allocationConfigSource = oneOf('FromClass', 'FromClaim');

export const deviceAllocationConfiguration = message('resource/v1.DeviceAllocationConfiguration', {
  source: required(1, allocationConfigSource),
  requests: optional(2, list(string)),
  deviceConfiguration: inline(3, deviceConfiguration),
});
export interface DeviceAllocationConfiguration extends Infer<typeof deviceAllocationConfiguration> {}

export const deviceAllocationResult = message('resource/v1.DeviceAllocationResult', {
  results: optional(1, list(deviceRequestAllocationResult)),
  config: optional(2, list(deviceAllocationConfiguration)),
});
export interface DeviceAllocationResult extends Infer<typeof deviceAllocationResult> {}

export const allocationResult = message('resource/v1.AllocationResult', {
  devices: embedded(1, deviceAllocationResult),
  nodeSelector: pointer(3, nodeSelector),
  allocationTimestamp: pointer(5, time, { gates: ['DRADeviceBindingConditions', 'DRAResourceClaimDeviceStatus'] }),
});
export interface AllocationResult extends Infer<typeof allocationResult> {}

export const resourceClaimConsumerReference = message('resource/v1.ResourceClaimConsumerReference', {
  apiGroup: optional(1, string),
  resource: required(3, string),
  name: required(4, string),
  uid: required(5, string),
});
export interface ResourceClaimConsumerReference extends Infer<typeof resourceClaimConsumerReference> {}

export const networkDeviceData = message('resource/v1.NetworkDeviceData', {
  interfaceName: optional(1, string),
  ips: optional(2, list(string)),
  hardwareAddress: optional(3, string),
});
export interface NetworkDeviceData extends Infer<typeof networkDeviceData> {}

export const allocatedDeviceStatus = message('resource/v1.AllocatedDeviceStatus', {
  driver: required(1, string),
  pool: required(2, string),
  device: required(3, string),
  shareID: pointer(7, string, { gates: ['DRAConsumableCapacity'] }),
  conditions: required(4, list(condition), { notRequired: true, listType: 'map', keys: ['type'] }),
  data: pointer(5, rawExtension),
  networkData: pointer(6, networkDeviceData),
});
export interface AllocatedDeviceStatus extends Infer<typeof allocatedDeviceStatus> {}

export const resourceClaimStatus = message('resource/v1.ResourceClaimStatus', {
  allocation: pointer(1, allocationResult),
  reservedFor: optional(2, list(resourceClaimConsumerReference), { listType: 'map', keys: ['uid'], patch: 'merge', mergeKey: 'uid' }),
  devices: optional(4, list(allocatedDeviceStatus), {
    listType: 'map',
    keys: ['driver', 'device', 'pool', 'shareID'],
    gates: ['DRAResourceClaimDeviceStatus'],
  }),
});
export interface ResourceClaimStatus extends Infer<typeof resourceClaimStatus> {}

export const resourceClaim = message('resource/v1.ResourceClaim', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: required(2, resourceClaimSpec),
  status: embedded(3, resourceClaimStatus),
});
export interface ResourceClaim extends Infer<typeof resourceClaim> {}
