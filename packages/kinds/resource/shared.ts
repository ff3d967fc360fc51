import type { Infer } from '#machinery/schema.ts';
import {
  bool,
  inline,
  int64,
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

export const celDeviceSelector = message('resource/v1.CELDeviceSelector', {
  expression: required(1, string),
});
export interface CELDeviceSelector extends Infer<typeof celDeviceSelector> {}

export const deviceSelector = message('resource/v1.DeviceSelector', {
  cel: pointer(1, celDeviceSelector, { oneOf: 'SelectorType' }),
});
export interface DeviceSelector extends Infer<typeof deviceSelector> {}

export const opaqueDeviceConfiguration = message('resource/v1.OpaqueDeviceConfiguration', {
  driver: required(1, string),
  parameters: required(2, rawExtension),
});
export interface OpaqueDeviceConfiguration extends Infer<typeof opaqueDeviceConfiguration> {}

export const deviceConfiguration = message('resource/v1.DeviceConfiguration', {
  opaque: pointer(1, opaqueDeviceConfiguration, { oneOf: 'ConfigurationType' }),
});
export interface DeviceConfiguration extends Infer<typeof deviceConfiguration> {}

export const deviceAllocationMode = oneOf('ExactCount', 'All');

export const deviceTolerationOperator = oneOf('Exists', 'Equal');

export const deviceTaintEffect = oneOf('None', 'NoSchedule', 'NoExecute');

export const deviceToleration = message('resource/v1.DeviceToleration', {
  key: optional(1, string),
  operator: optional(2, deviceTolerationOperator, { default: 'Equal' }),
  value: optional(3, string),
  effect: optional(4, deviceTaintEffect),
  tolerationSeconds: pointer(5, int64),
});
export interface DeviceToleration extends Infer<typeof deviceToleration> {}

export const capacityRequirements = message('resource/v1.CapacityRequirements', {
  requests: optional(1, map(quantity)),
});
export interface CapacityRequirements extends Infer<typeof capacityRequirements> {}

export const exactDeviceRequest = message('resource/v1.ExactDeviceRequest', {
  deviceClassName: required(1, string),
  selectors: optional(2, list(deviceSelector)),
  allocationMode: optional(3, deviceAllocationMode),
  count: optional(4, int64, { oneOf: 'AllocationMode' }),
  adminAccess: pointer(5, bool, { gates: ['DRAAdminAccess'] }),
  tolerations: optional(6, list(deviceToleration), { gates: ['DRADeviceTaints'] }),
  capacity: pointer(7, capacityRequirements, { gates: ['DRAConsumableCapacity'] }),
});
export interface ExactDeviceRequest extends Infer<typeof exactDeviceRequest> {}

export const deviceSubRequest = message('resource/v1.DeviceSubRequest', {
  name: required(1, string),
  deviceClassName: required(2, string),
  selectors: optional(3, list(deviceSelector)),
  allocationMode: optional(4, deviceAllocationMode),
  count: optional(5, int64, { oneOf: 'AllocationMode' }),
  tolerations: optional(6, list(deviceToleration), { gates: ['DRADeviceTaints'] }),
  capacity: pointer(7, capacityRequirements, { gates: ['DRAConsumableCapacity'] }),
});
export interface DeviceSubRequest extends Infer<typeof deviceSubRequest> {}

export const deviceRequest = message('resource/v1.DeviceRequest', {
  name: required(1, string),
  exactly: pointer(2, exactDeviceRequest, { oneOf: 'deviceRequestType' }),
  firstAvailable: optional(3, list(deviceSubRequest), { gates: ['DRAPrioritizedList'], oneOf: 'deviceRequestType' }),
});
export interface DeviceRequest extends Infer<typeof deviceRequest> {}

export const deviceConstraint = message('resource/v1.DeviceConstraint', {
  requests: optional(1, list(string)),
  matchAttribute: pointer(2, string, { oneOf: 'ConstraintType' }),
  distinctAttribute: pointer(3, string, { gates: ['DRAConsumableCapacity'], oneOf: 'ConstraintType' }),
});
export interface DeviceConstraint extends Infer<typeof deviceConstraint> {}

export const deviceClaimConfiguration = message('resource/v1.DeviceClaimConfiguration', {
  requests: optional(1, list(string)),
  deviceConfiguration: inline(2, deviceConfiguration),
});
export interface DeviceClaimConfiguration extends Infer<typeof deviceClaimConfiguration> {}

export const deviceClaim = message('resource/v1.DeviceClaim', {
  requests: required(1, list(deviceRequest), { notRequired: true }),
  constraints: optional(2, list(deviceConstraint)),
  config: optional(3, list(deviceClaimConfiguration)),
});
export interface DeviceClaim extends Infer<typeof deviceClaim> {}

export const deviceAttribute = message('resource/v1.DeviceAttribute', {
  int: pointer(2, int64),
  bool: pointer(3, bool),
  string: pointer(4, string),
  version: pointer(5, string),
  ints: optional(6, list(int64), { gates: ['DRAListTypeAttributes'] }),
  bools: optional(7, list(bool), { gates: ['DRAListTypeAttributes'] }),
  strings: optional(8, list(string), { gates: ['DRAListTypeAttributes'] }),
  versions: optional(9, list(string), { gates: ['DRAListTypeAttributes'] }),
});
export interface DeviceAttribute extends Infer<typeof deviceAttribute> {}

export const deviceTaint = message('resource/v1.DeviceTaint', {
  key: required(1, string),
  value: optional(2, string),
  effect: required(3, deviceTaintEffect),
  timeAdded: pointer(4, time),
});
export interface DeviceTaint extends Infer<typeof deviceTaint> {}
