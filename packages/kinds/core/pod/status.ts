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
import { recursiveReadOnlyMode, resourceName } from './container.ts';
import { signal } from './probes.ts';
import { resourceRequirements } from '../resources.ts';

export const podPhase = oneOf('Pending', 'Running', 'Succeeded', 'Failed', 'Unknown');

export const podConditionType = anyOf(
  'ContainersReady',
  'Initialized',
  'Ready',
  'PodScheduled',
  'DisruptionTarget',
  'PodReadyToStartContainers',
  'PodResizePending',
  'PodResizeInProgress',
  'AllContainersRestarting',
);

export const podCondition = message('core/v1.PodCondition', {
  type: required(1, podConditionType),
  observedGeneration: optional(7, int64),
  status: required(2, conditionStatus),
  lastProbeTime: optional(3, time),
  lastTransitionTime: optional(4, time),
  reason: optional(5, string),
  message: optional(6, string),
});
export interface PodCondition extends Infer<typeof podCondition> {}

export const hostIP = message('core/v1.HostIP', {
  ip: required(1, string),
});
export interface HostIP extends Infer<typeof hostIP> {}

export const podIP = message('core/v1.PodIP', {
  ip: required(1, string),
});
export interface PodIP extends Infer<typeof podIP> {}

export const containerStateWaiting = message('core/v1.ContainerStateWaiting', {
  reason: optional(1, string),
  message: optional(2, string),
});
export interface ContainerStateWaiting extends Infer<typeof containerStateWaiting> {}

export const containerStateRunning = message('core/v1.ContainerStateRunning', {
  startedAt: optional(1, time),
});
export interface ContainerStateRunning extends Infer<typeof containerStateRunning> {}

export const containerStateTerminated = message('core/v1.ContainerStateTerminated', {
  exitCode: required(1, int32),
  signal: optional(2, int32),
  reason: optional(3, string),
  message: optional(4, string),
  startedAt: optional(5, time),
  finishedAt: optional(6, time),
  containerID: optional(7, string),
});
export interface ContainerStateTerminated extends Infer<typeof containerStateTerminated> {}

export const containerState = message('core/v1.ContainerState', {
  waiting: pointer(1, containerStateWaiting),
  running: pointer(2, containerStateRunning),
  terminated: pointer(3, containerStateTerminated),
});
export interface ContainerState extends Infer<typeof containerState> {}

export const imageVolumeStatus = message('core/v1.ImageVolumeStatus', {
  imageRef: optional(1, string, { mustBeSet: true }),
});
export interface ImageVolumeStatus extends Infer<typeof imageVolumeStatus> {}

export const volumeStatus = message('core/v1.VolumeStatus', {
  image: pointer(1, imageVolumeStatus, { gates: ['ImageVolumeWithDigest'] }),
});
export interface VolumeStatus extends Infer<typeof volumeStatus> {}

export const volumeMountStatus = message('core/v1.VolumeMountStatus', {
  name: required(1, string),
  mountPath: required(2, string),
  readOnly: optional(3, bool),
  recursiveReadOnly: pointer(4, recursiveReadOnlyMode),
  volumeStatus: pointer(5, volumeStatus),
});
export interface VolumeMountStatus extends Infer<typeof volumeMountStatus> {}

export const linuxContainerUser = message('core/v1.LinuxContainerUser', {
  uid: required(1, int64),
  gid: required(2, int64),
  supplementalGroups: optional(3, list(int64)),
});
export interface LinuxContainerUser extends Infer<typeof linuxContainerUser> {}

export const containerUser = message('core/v1.ContainerUser', {
  linux: pointer(1, linuxContainerUser),
});
export interface ContainerUser extends Infer<typeof containerUser> {}

export const resourceHealthStatus = anyOf('Healthy', 'Unhealthy', 'Unknown');

export const resourceHealth = message('core/v1.ResourceHealth', {
  resourceID: required(1, string),
  health: optional(2, resourceHealthStatus),
  message: pointer(6, string, { gates: ['ResourceHealthStatusMessage'] }),
});
export interface ResourceHealth extends Infer<typeof resourceHealth> {}

export const resourceStatus = message('core/v1.ResourceStatus', {
  name: required(1, resourceName),
  resources: optional(2, list(resourceHealth), { listType: 'map', keys: ['resourceID'] }),
});
export interface ResourceStatus extends Infer<typeof resourceStatus> {}

export const containerStatus = message('core/v1.ContainerStatus', {
  name: required(1, string),
  state: embedded(2, containerState),
  lastState: embedded(3, containerState),
  ready: required(4, bool),
  restartCount: required(5, int32),
  image: required(6, string),
  imageID: required(7, string),
  containerID: optional(8, string),
  started: pointer(9, bool),
  allocatedResources: optional(10, map(quantity)),
  resources: pointer(11, resourceRequirements, { gates: ['InPlacePodVerticalScaling'] }),
  volumeMounts: optional(12, list(volumeMountStatus), { listType: 'map', keys: ['mountPath'], patch: 'merge', mergeKey: 'mountPath' }),
  user: pointer(13, containerUser, { gates: ['SupplementalGroupsPolicy'] }),
  allocatedResourcesStatus: optional(14, list(resourceStatus), {
    listType: 'map',
    keys: ['name'],
    patch: 'merge',
    mergeKey: 'name',
    gates: ['ResourceHealthStatus'],
  }),
  stopSignal: pointer(15, signal, { gates: ['ContainerStopSignals'] }),
});
export interface ContainerStatus extends Infer<typeof containerStatus> {}

export const podQOSClass = oneOf('Guaranteed', 'Burstable', 'BestEffort');

export const podResizeStatus = anyOf('InProgress', 'Deferred', 'Infeasible');

export const podResourceClaimStatus = message('core/v1.PodResourceClaimStatus', {
  name: required(1, string),
  resourceClaimName: pointer(2, string),
});
export interface PodResourceClaimStatus extends Infer<typeof podResourceClaimStatus> {}

export const containerExtendedResourceRequest = message('core/v1.ContainerExtendedResourceRequest', {
  containerName: required(1, string),
  resourceName: required(2, string),
  requestName: required(3, string),
});
export interface ContainerExtendedResourceRequest extends Infer<typeof containerExtendedResourceRequest> {}

export const podExtendedResourceClaimStatus = message('core/v1.PodExtendedResourceClaimStatus', {
  requestMappings: required(1, list(containerExtendedResourceRequest)),
  resourceClaimName: required(2, string),
});
export interface PodExtendedResourceClaimStatus extends Infer<typeof podExtendedResourceClaimStatus> {}

export const nodeAllocatableResourceClaimStatus = message('core/v1.NodeAllocatableResourceClaimStatus', {
  resourceClaimName: required(1, string),
  containers: optional(2, list(string), { listType: 'set' }),
  resources: required(3, map(quantity)),
});
export interface NodeAllocatableResourceClaimStatus extends Infer<typeof nodeAllocatableResourceClaimStatus> {}

export const podStatus = message('core/v1.PodStatus', {
  observedGeneration: optional(17, int64),
  phase: optional(1, podPhase),
  conditions: optional(2, list(podCondition), { listType: 'map', keys: ['type'], patch: 'merge', mergeKey: 'type' }),
  message: optional(3, string),
  reason: optional(4, string),
  nominatedNodeName: optional(11, string),
  hostIP: optional(5, string),
  hostIPs: optional(16, list(hostIP), { patch: 'merge', mergeKey: 'ip' }),
  podIP: optional(6, string),
  podIPs: optional(12, list(podIP), { listType: 'map', keys: ['ip'], patch: 'merge', mergeKey: 'ip' }),
  startTime: pointer(7, time),
  initContainerStatuses: optional(10, list(containerStatus)),
  containerStatuses: optional(8, list(containerStatus)),
  qosClass: optional(9, podQOSClass),
  ephemeralContainerStatuses: optional(13, list(containerStatus)),
  resize: optional(14, podResizeStatus, { deprecated: true, gates: ['InPlacePodVerticalScaling'] }),
  resourceClaimStatuses: optional(15, list(podResourceClaimStatus), {
    listType: 'map',
    keys: ['name'],
    patch: 'merge,retainKeys',
    mergeKey: 'name',
    gates: ['DynamicResourceAllocation'],
  }),
  extendedResourceClaimStatus: pointer(18, podExtendedResourceClaimStatus, { gates: ['DRAExtendedResource'] }),
  allocatedResources: optional(19, map(quantity), { gates: ['InPlacePodLevelResourcesVerticalScaling'] }),
  resources: pointer(20, resourceRequirements, { gates: ['InPlacePodLevelResourcesVerticalScaling'] }),
  nodeAllocatableResourceClaimStatuses: optional(21, list(nodeAllocatableResourceClaimStatus), { gates: ['DRANodeAllocatableResources'] }),
});
export interface PodStatus extends Infer<typeof podStatus> {}
