import type { Infer } from '#machinery/schema.ts';
import { bool, embedded, inline, int32, list, map, message, oneOf, optional, pointer, quantity, required, string, time } from '#machinery/schema.ts';
import { persistentVolumeAccessMode, persistentVolumeMode } from '../persistent-volume-claim/schema.ts';
import {
  awsElasticBlockStoreVolumeSource,
  azureDiskVolumeSource,
  fcVolumeSource,
  flockerVolumeSource,
  gcePersistentDiskVolumeSource,
  hostPathVolumeSource,
  nfsVolumeSource,
  photonPersistentDiskVolumeSource,
  portworxVolumeSource,
  quobyteVolumeSource,
  vsphereVirtualDiskVolumeSource,
} from '../pod/volumes.ts';
import { nodeSelector, objectReference, secretReference } from '../references.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const glusterfsPersistentVolumeSource = message('core/v1.GlusterfsPersistentVolumeSource', {
  endpoints: required(1, string),
  path: required(2, string),
  readOnly: optional(3, bool),
  endpointsNamespace: pointer(4, string),
});
export interface GlusterfsPersistentVolumeSource extends Infer<typeof glusterfsPersistentVolumeSource> {}

export const rbdPersistentVolumeSource = message('core/v1.RBDPersistentVolumeSource', {
  monitors: required(1, list(string)),
  image: required(2, string),
  fsType: optional(3, string),
  pool: optional(4, string, { default: 'rbd' }),
  user: optional(5, string, { default: 'admin' }),
  keyring: optional(6, string, { default: '/etc/ceph/keyring' }),
  secretRef: pointer(7, secretReference),
  readOnly: optional(8, bool),
});
export interface RBDPersistentVolumeSource extends Infer<typeof rbdPersistentVolumeSource> {}

export const iscsiPersistentVolumeSource = message('core/v1.ISCSIPersistentVolumeSource', {
  targetPortal: required(1, string),
  iqn: required(2, string),
  lun: required(3, int32),
  iscsiInterface: optional(4, string, { default: 'default' }),
  fsType: optional(5, string),
  readOnly: optional(6, bool),
  portals: optional(7, list(string)),
  chapAuthDiscovery: optional(8, bool),
  chapAuthSession: optional(11, bool),
  secretRef: pointer(10, secretReference),
  initiatorName: pointer(12, string),
});
export interface ISCSIPersistentVolumeSource extends Infer<typeof iscsiPersistentVolumeSource> {}

export const cinderPersistentVolumeSource = message('core/v1.CinderPersistentVolumeSource', {
  volumeID: required(1, string),
  fsType: optional(2, string),
  readOnly: optional(3, bool),
  secretRef: pointer(4, secretReference),
});
export interface CinderPersistentVolumeSource extends Infer<typeof cinderPersistentVolumeSource> {}

export const cephFSPersistentVolumeSource = message('core/v1.CephFSPersistentVolumeSource', {
  monitors: required(1, list(string)),
  path: optional(2, string),
  user: optional(3, string),
  secretFile: optional(4, string),
  secretRef: pointer(5, secretReference),
  readOnly: optional(6, bool),
});
export interface CephFSPersistentVolumeSource extends Infer<typeof cephFSPersistentVolumeSource> {}

export const flexPersistentVolumeSource = message('core/v1.FlexPersistentVolumeSource', {
  driver: required(1, string),
  fsType: optional(2, string),
  secretRef: pointer(3, secretReference),
  readOnly: optional(4, bool),
  options: optional(5, map(string)),
});
export interface FlexPersistentVolumeSource extends Infer<typeof flexPersistentVolumeSource> {}

export const azureFilePersistentVolumeSource = message('core/v1.AzureFilePersistentVolumeSource', {
  secretName: required(1, string),
  shareName: required(2, string),
  readOnly: optional(3, bool),
  secretNamespace: pointer(4, string, { nullable: true }),
});
export interface AzureFilePersistentVolumeSource extends Infer<typeof azureFilePersistentVolumeSource> {}

export const scaleIOPersistentVolumeSource = message('core/v1.ScaleIOPersistentVolumeSource', {
  gateway: required(1, string),
  system: required(2, string),
  secretRef: pointer(3, secretReference, { nullable: true, mustBeSet: true }),
  sslEnabled: optional(4, bool),
  protectionDomain: optional(5, string),
  storagePool: optional(6, string),
  storageMode: optional(7, string, { default: 'ThinProvisioned' }),
  volumeName: optional(8, string),
  fsType: optional(9, string, { default: 'xfs' }),
  readOnly: optional(10, bool),
});
export interface ScaleIOPersistentVolumeSource extends Infer<typeof scaleIOPersistentVolumeSource> {}

export const localVolumeSource = message('core/v1.LocalVolumeSource', {
  path: required(1, string),
  fsType: pointer(2, string),
});
export interface LocalVolumeSource extends Infer<typeof localVolumeSource> {}

export const storageOSPersistentVolumeSource = message('core/v1.StorageOSPersistentVolumeSource', {
  volumeName: optional(1, string),
  volumeNamespace: optional(2, string),
  fsType: optional(3, string),
  readOnly: optional(4, bool),
  secretRef: pointer(5, objectReference),
});
export interface StorageOSPersistentVolumeSource extends Infer<typeof storageOSPersistentVolumeSource> {}

export const csiPersistentVolumeSource = message('core/v1.CSIPersistentVolumeSource', {
  driver: required(1, string),
  volumeHandle: required(2, string),
  readOnly: optional(3, bool),
  fsType: optional(4, string),
  volumeAttributes: optional(5, map(string)),
  controllerPublishSecretRef: pointer(6, secretReference),
  nodeStageSecretRef: pointer(7, secretReference),
  nodePublishSecretRef: pointer(8, secretReference),
  controllerExpandSecretRef: pointer(9, secretReference),
  nodeExpandSecretRef: pointer(10, secretReference),
});
export interface CSIPersistentVolumeSource extends Infer<typeof csiPersistentVolumeSource> {}

export const persistentVolumeSource = message('core/v1.PersistentVolumeSource', {
  gcePersistentDisk: pointer(1, gcePersistentDiskVolumeSource, { deprecated: true }),
  awsElasticBlockStore: pointer(2, awsElasticBlockStoreVolumeSource, { deprecated: true }),
  hostPath: pointer(3, hostPathVolumeSource),
  glusterfs: pointer(4, glusterfsPersistentVolumeSource, { deprecated: true }),
  nfs: pointer(5, nfsVolumeSource),
  rbd: pointer(6, rbdPersistentVolumeSource, { deprecated: true }),
  iscsi: pointer(7, iscsiPersistentVolumeSource),
  cinder: pointer(8, cinderPersistentVolumeSource, { deprecated: true }),
  cephfs: pointer(9, cephFSPersistentVolumeSource, { deprecated: true }),
  fc: pointer(10, fcVolumeSource),
  flocker: pointer(11, flockerVolumeSource, { deprecated: true }),
  flexVolume: pointer(12, flexPersistentVolumeSource, { deprecated: true }),
  azureFile: pointer(13, azureFilePersistentVolumeSource, { deprecated: true }),
  vsphereVolume: pointer(14, vsphereVirtualDiskVolumeSource, { deprecated: true }),
  quobyte: pointer(15, quobyteVolumeSource, { deprecated: true }),
  azureDisk: pointer(16, azureDiskVolumeSource, { deprecated: true }),
  photonPersistentDisk: pointer(17, photonPersistentDiskVolumeSource, { deprecated: true }),
  portworxVolume: pointer(18, portworxVolumeSource, { deprecated: true }),
  scaleIO: pointer(19, scaleIOPersistentVolumeSource, { deprecated: true }),
  local: pointer(20, localVolumeSource),
  storageos: pointer(21, storageOSPersistentVolumeSource, { deprecated: true }),
  csi: pointer(22, csiPersistentVolumeSource),
});
export interface PersistentVolumeSource extends Infer<typeof persistentVolumeSource> {}

export const persistentVolumeReclaimPolicy = oneOf('Recycle', 'Delete', 'Retain');

export const volumeNodeAffinity = message('core/v1.VolumeNodeAffinity', {
  required: pointer(1, nodeSelector),
});
export interface VolumeNodeAffinity extends Infer<typeof volumeNodeAffinity> {}

export const persistentVolumeSpec = message('core/v1.PersistentVolumeSpec', {
  capacity: optional(1, map(quantity)),
  persistentVolumeSource: inline(2, persistentVolumeSource),
  accessModes: optional(3, list(persistentVolumeAccessMode)),
  claimRef: pointer(4, objectReference, { mapType: 'granular' }),
  persistentVolumeReclaimPolicy: optional(5, persistentVolumeReclaimPolicy),
  storageClassName: optional(6, string),
  mountOptions: optional(7, list(string)),
  volumeMode: pointer(8, persistentVolumeMode),
  nodeAffinity: pointer(9, volumeNodeAffinity),
  volumeAttributesClassName: pointer(10, string, { gates: ['VolumeAttributesClass'] }),
});
export interface PersistentVolumeSpec extends Infer<typeof persistentVolumeSpec> {}

export const persistentVolumePhase = oneOf('Pending', 'Available', 'Bound', 'Released', 'Failed');

export const persistentVolumeStatus = message('core/v1.PersistentVolumeStatus', {
  phase: optional(1, persistentVolumePhase),
  message: optional(2, string),
  reason: optional(3, string),
  lastPhaseTransitionTime: pointer(4, time),
});
export interface PersistentVolumeStatus extends Infer<typeof persistentVolumeStatus> {}

export const persistentVolume = message('core/v1.PersistentVolume', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: embedded(2, persistentVolumeSpec),
  status: embedded(3, persistentVolumeStatus),
});
export interface PersistentVolume extends Infer<typeof persistentVolume> {}
