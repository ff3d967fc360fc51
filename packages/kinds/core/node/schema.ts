import type { Infer } from '#machinery/schema.ts';
import {
  anyOf,
  bool,
  embedded,
  int32,
  int64,
  list,
  map,
  message,
  oneOf,
  optional,
  pointer,
  quantity,
  required,
  string,
  time,
} from '#machinery/schema.ts';
import { conditionStatus } from '../persistent-volume-claim/schema.ts';
import { taintEffect } from '../pod/affinity.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const taint = message('core/v1.Taint', {
  key: required(1, string),
  value: optional(2, string),
  effect: required(3, taintEffect),
  timeAdded: pointer(4, time),
});
export interface Taint extends Infer<typeof taint> {}

export const configMapNodeConfigSource = message('core/v1.ConfigMapNodeConfigSource', {
  namespace: required(1, string),
  name: required(2, string),
  uid: optional(3, string),
  resourceVersion: optional(4, string),
  kubeletConfigKey: required(5, string),
});
export interface ConfigMapNodeConfigSource extends Infer<typeof configMapNodeConfigSource> {}

export const nodeConfigSource = message('core/v1.NodeConfigSource', {
  configMap: pointer(2, configMapNodeConfigSource),
});
export interface NodeConfigSource extends Infer<typeof nodeConfigSource> {}

export const nodeSpec = message('core/v1.NodeSpec', {
  podCIDR: optional(1, string),
  podCIDRs: optional(7, list(string), { listType: 'set', patch: 'merge' }),
  providerID: optional(3, string),
  unschedulable: optional(4, bool),
  taints: optional(5, list(taint)),
  configSource: pointer(6, nodeConfigSource, { deprecated: true }),
  externalID: optional(2, string, { deprecated: true }),
});
export interface NodeSpec extends Infer<typeof nodeSpec> {}

export const nodePhase = oneOf('Pending', 'Running', 'Terminated');

export const nodeConditionType = anyOf('Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable');

export const nodeCondition = message('core/v1.NodeCondition', {
  type: required(1, nodeConditionType),
  status: required(2, conditionStatus),
  lastHeartbeatTime: optional(3, time),
  lastTransitionTime: optional(4, time),
  reason: optional(5, string),
  message: optional(6, string),
});
export interface NodeCondition extends Infer<typeof nodeCondition> {}

export const nodeAddressType = anyOf('Hostname', 'InternalIP', 'ExternalIP', 'InternalDNS', 'ExternalDNS');

export const nodeAddress = message('core/v1.NodeAddress', {
  type: required(1, nodeAddressType),
  address: required(2, string),
});
export interface NodeAddress extends Infer<typeof nodeAddress> {}

export const daemonEndpoint = message('core/v1.DaemonEndpoint', {
  Port: required(1, int32),
});
export interface DaemonEndpoint extends Infer<typeof daemonEndpoint> {}

export const nodeDaemonEndpoints = message('core/v1.NodeDaemonEndpoints', {
  kubeletEndpoint: embedded(1, daemonEndpoint),
});
export interface NodeDaemonEndpoints extends Infer<typeof nodeDaemonEndpoints> {}

export const nodeSwapStatus = message('core/v1.NodeSwapStatus', {
  capacity: pointer(1, int64),
});
export interface NodeSwapStatus extends Infer<typeof nodeSwapStatus> {}

export const nodeSystemInfo = message('core/v1.NodeSystemInfo', {
  machineID: required(1, string),
  systemUUID: required(2, string),
  bootID: required(3, string),
  kernelVersion: required(4, string),
  osImage: required(5, string),
  containerRuntimeVersion: required(6, string),
  kubeletVersion: required(7, string),
  kubeProxyVersion: required(8, string, { deprecated: true }),
  operatingSystem: required(9, string),
  architecture: required(10, string),
  swap: pointer(11, nodeSwapStatus),
});
export interface NodeSystemInfo extends Infer<typeof nodeSystemInfo> {}

export const containerImage = message('core/v1.ContainerImage', {
  names: required(1, list(string), { notRequired: true }),
  sizeBytes: optional(2, int64),
});
export interface ContainerImage extends Infer<typeof containerImage> {}

export const attachedVolume = message('core/v1.AttachedVolume', {
  name: required(1, string),
  devicePath: required(2, string),
});
export interface AttachedVolume extends Infer<typeof attachedVolume> {}

export const nodeConfigStatus = message('core/v1.NodeConfigStatus', {
  assigned: pointer(1, nodeConfigSource),
  active: pointer(2, nodeConfigSource),
  lastKnownGood: pointer(3, nodeConfigSource),
  error: optional(4, string),
});
export interface NodeConfigStatus extends Infer<typeof nodeConfigStatus> {}

export const nodeRuntimeHandlerFeatures = message('core/v1.NodeRuntimeHandlerFeatures', {
  recursiveReadOnlyMounts: pointer(1, bool),
  userNamespaces: pointer(2, bool),
});
export interface NodeRuntimeHandlerFeatures extends Infer<typeof nodeRuntimeHandlerFeatures> {}

export const nodeRuntimeHandler = message('core/v1.NodeRuntimeHandler', {
  name: required(1, string, { notRequired: true }),
  features: pointer(2, nodeRuntimeHandlerFeatures),
});
export interface NodeRuntimeHandler extends Infer<typeof nodeRuntimeHandler> {}

export const nodeFeatures = message('core/v1.NodeFeatures', {
  supplementalGroupsPolicy: pointer(1, bool),
});
export interface NodeFeatures extends Infer<typeof nodeFeatures> {}

export const nodeStatus = message('core/v1.NodeStatus', {
  capacity: optional(1, map(quantity)),
  allocatable: optional(2, map(quantity)),
  phase: optional(3, nodePhase),
  conditions: optional(4, list(nodeCondition), { listType: 'map', keys: ['type'], patch: 'merge', mergeKey: 'type' }),
  addresses: optional(5, list(nodeAddress), { listType: 'map', keys: ['type'], patch: 'merge', mergeKey: 'type' }),
  daemonEndpoints: embedded(6, nodeDaemonEndpoints),
  nodeInfo: embedded(7, nodeSystemInfo),
  images: optional(8, list(containerImage)),
  volumesInUse: optional(9, list(string)),
  volumesAttached: optional(10, list(attachedVolume)),
  config: pointer(11, nodeConfigStatus),
  runtimeHandlers: optional(12, list(nodeRuntimeHandler)),
  features: pointer(13, nodeFeatures, { gates: ['SupplementalGroupsPolicy'] }),
  declaredFeatures: optional(14, list(string), { gates: ['NodeDeclaredFeatures'] }),
});
export interface NodeStatus extends Infer<typeof nodeStatus> {}

export const node = message('core/v1.Node', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: embedded(2, nodeSpec),
  status: embedded(3, nodeStatus),
});
export interface Node extends Infer<typeof node> {}

export const nodeProxyOptions = message('core/v1.NodeProxyOptions', {
  ...typeMeta,
  path: optional(1, string),
});
export interface NodeProxyOptions extends Infer<typeof nodeProxyOptions> {}
