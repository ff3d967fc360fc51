import type { Infer } from '#machinery/schema.ts';
import { anyOf, bool, embedded, inline, int32, list, message, oneOf, optional, pointer, required, string } from '#machinery/schema.ts';
import { lifecycle, probe } from './probes.ts';
import { securityContext } from './security.ts';
import { objectFieldSelector, pullPolicy, resourceFieldSelector } from './volumes.ts';
import { configMapKeySelector, localObjectReference, secretKeySelector } from '../references.ts';
import { resourceRequirements } from '../resources.ts';

export const protocol = oneOf('TCP', 'UDP', 'SCTP');

export const containerPort = message('core/v1.ContainerPort', {
  name: optional(1, string),
  hostPort: optional(2, int32),
  containerPort: required(3, int32),
  protocol: optional(4, protocol, { default: 'TCP' }),
  hostIP: optional(5, string),
});
export interface ContainerPort extends Infer<typeof containerPort> {}

export const configMapEnvSource = message('core/v1.ConfigMapEnvSource', {
  localObjectReference: inline(1, localObjectReference),
  optional: pointer(2, bool),
});
export interface ConfigMapEnvSource extends Infer<typeof configMapEnvSource> {}

export const secretEnvSource = message('core/v1.SecretEnvSource', {
  localObjectReference: inline(1, localObjectReference),
  optional: pointer(2, bool),
});
export interface SecretEnvSource extends Infer<typeof secretEnvSource> {}

export const envFromSource = message('core/v1.EnvFromSource', {
  prefix: optional(1, string),
  configMapRef: pointer(2, configMapEnvSource),
  secretRef: pointer(3, secretEnvSource),
});
export interface EnvFromSource extends Infer<typeof envFromSource> {}

export const fileKeySelector = message(
  'core/v1.FileKeySelector',
  {
    volumeName: required(1, string),
    path: required(2, string),
    key: required(3, string),
    optional: pointer(4, bool, { default: false }),
  },
  'atomic',
);
export interface FileKeySelector extends Infer<typeof fileKeySelector> {}

export const envVarSource = message('core/v1.EnvVarSource', {
  fieldRef: pointer(1, objectFieldSelector),
  resourceFieldRef: pointer(2, resourceFieldSelector),
  configMapKeyRef: pointer(3, configMapKeySelector),
  secretKeyRef: pointer(4, secretKeySelector),
  fileKeyRef: pointer(5, fileKeySelector, { gates: ['EnvFiles'] }),
});
export interface EnvVarSource extends Infer<typeof envVarSource> {}

export const envVar = message('core/v1.EnvVar', {
  name: required(1, string),
  value: optional(2, string),
  valueFrom: pointer(3, envVarSource),
});
export interface EnvVar extends Infer<typeof envVar> {}

export const resourceName = anyOf(
  'cpu',
  'memory',
  'storage',
  'ephemeral-storage',
  'pods',
  'services',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
);

export const resourceResizeRestartPolicy = anyOf('NotRequired', 'RestartContainer');

export const containerResizePolicy = message('core/v1.ContainerResizePolicy', {
  resourceName: required(1, resourceName),
  restartPolicy: required(2, resourceResizeRestartPolicy),
});
export interface ContainerResizePolicy extends Infer<typeof containerResizePolicy> {}

export const containerRestartPolicy = anyOf('Always', 'Never', 'OnFailure');

export const containerRestartRuleAction = anyOf('Restart', 'RestartAllContainers');

export const containerRestartRuleOnExitCodesOperator = anyOf('In', 'NotIn');

export const containerRestartRuleOnExitCodes = message('core/v1.ContainerRestartRuleOnExitCodes', {
  operator: optional(1, containerRestartRuleOnExitCodesOperator, { mustBeSet: true }),
  values: optional(2, list(int32), { listType: 'set' }),
});
export interface ContainerRestartRuleOnExitCodes extends Infer<typeof containerRestartRuleOnExitCodes> {}

export const containerRestartRule = message('core/v1.ContainerRestartRule', {
  action: optional(1, containerRestartRuleAction, { mustBeSet: true }),
  exitCodes: pointer(2, containerRestartRuleOnExitCodes, { oneOf: 'when' }),
});
export interface ContainerRestartRule extends Infer<typeof containerRestartRule> {}

export const recursiveReadOnlyMode = anyOf('Disabled', 'IfPossible', 'Enabled');

export const mountPropagationMode = oneOf('None', 'HostToContainer', 'Bidirectional');

export const volumeMount = message('core/v1.VolumeMount', {
  name: required(1, string),
  readOnly: optional(2, bool),
  recursiveReadOnly: pointer(7, recursiveReadOnlyMode),
  mountPath: required(3, string),
  subPath: optional(4, string),
  mountPropagation: pointer(5, mountPropagationMode),
  subPathExpr: optional(6, string),
});
export interface VolumeMount extends Infer<typeof volumeMount> {}

export const volumeDevice = message('core/v1.VolumeDevice', {
  name: required(1, string),
  devicePath: required(2, string),
});
export interface VolumeDevice extends Infer<typeof volumeDevice> {}

export const terminationMessagePolicy = oneOf('File', 'FallbackToLogsOnError');

/** What containers of all sorts have. */
const containerFields = {
  name: required(1, string),
  image: optional(2, string),
  command: optional(3, list(string)),
  args: optional(4, list(string)),
  workingDir: optional(5, string),
  ports: optional(6, list(containerPort), { listType: 'map', keys: ['containerPort', 'protocol'], patch: 'merge', mergeKey: 'containerPort' }),
  envFrom: optional(19, list(envFromSource)),
  env: optional(7, list(envVar), { listType: 'map', keys: ['name'], patch: 'merge', mergeKey: 'name' }),
  resources: embedded(8, resourceRequirements),
  resizePolicy: optional(23, list(containerResizePolicy), { gates: ['InPlacePodVerticalScaling'] }),
  restartPolicy: pointer(24, containerRestartPolicy),
  restartPolicyRules: optional(25, list(containerRestartRule), { gates: ['ContainerRestartRules'] }),
  volumeMounts: optional(9, list(volumeMount), { listType: 'map', keys: ['mountPath'], patch: 'merge', mergeKey: 'mountPath' }),
  volumeDevices: optional(21, list(volumeDevice), { listType: 'map', keys: ['devicePath'], patch: 'merge', mergeKey: 'devicePath' }),
  livenessProbe: pointer(10, probe),
  readinessProbe: pointer(11, probe),
  startupProbe: pointer(22, probe),
  lifecycle: pointer(12, lifecycle),
  terminationMessagePath: optional(13, string),
  terminationMessagePolicy: optional(20, terminationMessagePolicy),
  imagePullPolicy: optional(14, pullPolicy),
  securityContext: pointer(15, securityContext),
  stdin: optional(16, bool),
  stdinOnce: optional(17, bool),
  tty: optional(18, bool),
} as const;

export const container = message('core/v1.Container', containerFields);
export interface Container extends Infer<typeof container> {}

export const ephemeralContainerCommon = message('core/v1.EphemeralContainerCommon', containerFields);
export interface EphemeralContainerCommon extends Infer<typeof ephemeralContainerCommon> {}

export const ephemeralContainer = message('core/v1.EphemeralContainer', {
  ephemeralContainerCommon: inline(1, ephemeralContainerCommon),
  targetContainerName: optional(2, string),
});
export interface EphemeralContainer extends Infer<typeof ephemeralContainer> {}
