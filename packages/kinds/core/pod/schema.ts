import type { Infer } from '#machinery/schema.ts';
import { anyOf, bool, embedded, int32, int64, list, map, message, oneOf, optional, pointer, quantity, required, string } from '#machinery/schema.ts';
import { affinity, toleration, topologySpreadConstraint } from './affinity.ts';
import { container, ephemeralContainer } from './container.ts';
import { podSecurityContext } from './security.ts';
import { podConditionType, podStatus } from './status.ts';
import { volume } from './volumes.ts';
import { localObjectReference } from '../references.ts';
import { resourceRequirements } from '../resources.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const restartPolicy = oneOf('Always', 'OnFailure', 'Never');

export const dnsPolicy = oneOf('ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None');

export const hostAlias = message('core/v1.HostAlias', {
  ip: required(1, string),
  hostnames: optional(2, list(string)),
});
export interface HostAlias extends Infer<typeof hostAlias> {}

export const podDNSConfigOption = message('core/v1.PodDNSConfigOption', {
  name: optional(1, string),
  value: pointer(2, string),
});
export interface PodDNSConfigOption extends Infer<typeof podDNSConfigOption> {}

export const podDNSConfig = message('core/v1.PodDNSConfig', {
  nameservers: optional(1, list(string)),
  searches: optional(2, list(string)),
  options: optional(3, list(podDNSConfigOption)),
});
export interface PodDNSConfig extends Infer<typeof podDNSConfig> {}

export const podReadinessGate = message('core/v1.PodReadinessGate', {
  conditionType: required(1, podConditionType),
});
export interface PodReadinessGate extends Infer<typeof podReadinessGate> {}

export const preemptionPolicy = oneOf('PreemptLowerPriority', 'Never');

export const osName = anyOf('linux', 'windows');

export const podOS = message('core/v1.PodOS', {
  name: required(1, osName),
});
export interface PodOS extends Infer<typeof podOS> {}

export const podSchedulingGate = message('core/v1.PodSchedulingGate', {
  name: required(1, string),
});
export interface PodSchedulingGate extends Infer<typeof podSchedulingGate> {}

export const podResourceClaim = message('core/v1.PodResourceClaim', {
  name: required(1, string),
  resourceClaimName: pointer(3, string),
  resourceClaimTemplateName: pointer(4, string),
});
export interface PodResourceClaim extends Infer<typeof podResourceClaim> {}

export const podSchedulingGroup = message('core/v1.PodSchedulingGroup', {
  podGroupName: pointer(1, string, { oneOf: 'GroupSelection' }),
});
export interface PodSchedulingGroup extends Infer<typeof podSchedulingGroup> {}

export const podSpec = message('core/v1.PodSpec', {
  volumes: optional(1, list(volume), { listType: 'map', keys: ['name'], patch: 'merge,retainKeys', mergeKey: 'name' }),
  initContainers: optional(20, list(container), { listType: 'map', keys: ['name'], patch: 'merge', mergeKey: 'name' }),
  containers: required(2, list(container), { listType: 'map', keys: ['name'], patch: 'merge', mergeKey: 'name' }),
  ephemeralContainers: optional(34, list(ephemeralContainer), { listType: 'map', keys: ['name'], patch: 'merge', mergeKey: 'name' }),
  restartPolicy: optional(3, restartPolicy),
  terminationGracePeriodSeconds: pointer(4, int64),
  activeDeadlineSeconds: pointer(5, int64),
  dnsPolicy: optional(6, dnsPolicy),
  nodeSelector: optional(7, map(string), { mapType: 'atomic' }),
  serviceAccountName: optional(8, string),
  serviceAccount: optional(9, string, { deprecated: true }),
  automountServiceAccountToken: pointer(21, bool),
  nodeName: optional(10, string),
  hostNetwork: optional(11, bool),
  hostPID: optional(12, bool),
  hostIPC: optional(13, bool),
  shareProcessNamespace: pointer(27, bool),
  securityContext: pointer(14, podSecurityContext),
  imagePullSecrets: optional(15, list(localObjectReference), { listType: 'map', keys: ['name'], patch: 'merge', mergeKey: 'name' }),
  hostname: optional(16, string),
  subdomain: optional(17, string),
  affinity: pointer(18, affinity),
  schedulerName: optional(19, string),
  tolerations: optional(22, list(toleration)),
  hostAliases: optional(23, list(hostAlias), { listType: 'map', keys: ['ip'], patch: 'merge', mergeKey: 'ip' }),
  priorityClassName: optional(24, string),
  priority: pointer(25, int32),
  dnsConfig: pointer(26, podDNSConfig),
  readinessGates: optional(28, list(podReadinessGate)),
  runtimeClassName: pointer(29, string),
  enableServiceLinks: pointer(30, bool),
  preemptionPolicy: pointer(31, preemptionPolicy),
  overhead: optional(32, map(quantity)),
  topologySpreadConstraints: optional(33, list(topologySpreadConstraint), {
    listType: 'map',
    keys: ['topologyKey', 'whenUnsatisfiable'],
    patch: 'merge',
    mergeKey: 'topologyKey',
  }),
  setHostnameAsFQDN: pointer(35, bool),
  os: pointer(36, podOS),
  hostUsers: pointer(37, bool),
  schedulingGates: optional(38, list(podSchedulingGate), { listType: 'map', keys: ['name'], patch: 'merge', mergeKey: 'name' }),
  resourceClaims: optional(39, list(podResourceClaim), {
    listType: 'map',
    keys: ['name'],
    patch: 'merge,retainKeys',
    mergeKey: 'name',
    gates: ['DynamicResourceAllocation'],
  }),
  resources: pointer(40, resourceRequirements, { gates: ['PodLevelResources'] }),
  hostnameOverride: pointer(41, string, { gates: ['HostnameOverride'] }),
  schedulingGroup: pointer(43, podSchedulingGroup, { gates: ['GenericWorkload'] }),
});
export interface PodSpec extends Infer<typeof podSpec> {}

export const pod = message('core/v1.Pod', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: embedded(2, podSpec),
  status: embedded(3, podStatus),
});
export interface Pod extends Infer<typeof pod> {}

export const podTemplateSpec = message('core/v1.PodTemplateSpec', {
  metadata: embedded(1, objectMeta),
  spec: embedded(2, podSpec),
});
export interface PodTemplateSpec extends Infer<typeof podTemplateSpec> {}
