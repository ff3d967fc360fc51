import type { Infer } from '#machinery/schema.ts';
import { anyOf, embedded, list, map, message, oneOf, optional, pointer, quantity, required, string, time } from '#machinery/schema.ts';
import { typedLocalObjectReference, typedObjectReference } from '../references.ts';
import { volumeResourceRequirements } from '../resources.ts';
import { labelSelector, objectMeta, typeMeta } from '#machinery/meta.ts';

export const persistentVolumeAccessMode = oneOf('ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod');

export const persistentVolumeMode = oneOf('Block', 'Filesystem');

export const persistentVolumeClaimSpec = message('core/v1.PersistentVolumeClaimSpec', {
  accessModes: optional(1, list(persistentVolumeAccessMode)),
  selector: pointer(4, labelSelector),
  resources: embedded(2, volumeResourceRequirements),
  volumeName: optional(3, string),
  storageClassName: pointer(5, string),
  volumeMode: pointer(6, persistentVolumeMode),
  dataSource: pointer(7, typedLocalObjectReference),
  dataSourceRef: pointer(8, typedObjectReference),
  volumeAttributesClassName: pointer(9, string, { gates: ['VolumeAttributesClass'] }),
});
export interface PersistentVolumeClaimSpec extends Infer<typeof persistentVolumeClaimSpec> {}

export const persistentVolumeClaimPhase = oneOf('Pending', 'Bound', 'Lost');

export const persistentVolumeClaimConditionType = anyOf(
  'Resizing',
  'FileSystemResizePending',
  'ControllerResizeError',
  'NodeResizeError',
  'ModifyVolumeError',
  'ModifyingVolume',
  'Unused',
);

export const conditionStatus = anyOf('True', 'False', 'Unknown');

export const persistentVolumeClaimCondition = message('core/v1.PersistentVolumeClaimCondition', {
  type: required(1, persistentVolumeClaimConditionType),
  status: required(2, conditionStatus),
  lastProbeTime: optional(3, time),
  lastTransitionTime: optional(4, time),
  reason: optional(5, string),
  message: optional(6, string),
});
export interface PersistentVolumeClaimCondition extends Infer<typeof persistentVolumeClaimCondition> {}

export const claimResourceStatus = oneOf(
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizePending',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
);

export const persistentVolumeClaimModifyVolumeStatus = oneOf('Pending', 'InProgress', 'Infeasible');

export const modifyVolumeStatus = message('core/v1.ModifyVolumeStatus', {
  targetVolumeAttributesClassName: optional(1, string),
  status: required(2, persistentVolumeClaimModifyVolumeStatus),
});
export interface ModifyVolumeStatus extends Infer<typeof modifyVolumeStatus> {}

export const persistentVolumeClaimStatus = message('core/v1.PersistentVolumeClaimStatus', {
  phase: optional(1, persistentVolumeClaimPhase),
  accessModes: optional(2, list(persistentVolumeAccessMode)),
  capacity: optional(3, map(quantity)),
  conditions: optional(4, list(persistentVolumeClaimCondition), { listType: 'map', keys: ['type'], patch: 'merge', mergeKey: 'type' }),
  allocatedResources: optional(5, map(quantity)),
  allocatedResourceStatuses: optional(7, map(claimResourceStatus), { mapType: 'granular' }),
  currentVolumeAttributesClassName: pointer(8, string, { gates: ['VolumeAttributesClass'] }),
  modifyVolumeStatus: pointer(9, modifyVolumeStatus, { gates: ['VolumeAttributesClass'] }),
});
export interface PersistentVolumeClaimStatus extends Infer<typeof persistentVolumeClaimStatus> {}

export const persistentVolumeClaim = message('core/v1.PersistentVolumeClaim', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: embedded(2, persistentVolumeClaimSpec),
  status: embedded(3, persistentVolumeClaimStatus),
});
export interface PersistentVolumeClaim extends Infer<typeof persistentVolumeClaim> {}

export const persistentVolumeClaimTemplate = message('core/v1.PersistentVolumeClaimTemplate', {
  metadata: embedded(1, objectMeta),
  spec: required(2, persistentVolumeClaimSpec),
});
export interface PersistentVolumeClaimTemplate extends Infer<typeof persistentVolumeClaimTemplate> {}
