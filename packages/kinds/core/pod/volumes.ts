import type { Infer } from '#machinery/schema.ts';
import { anyOf, bool, inline, int32, int64, list, map, message, oneOf, optional, pointer, quantity, required, string } from '#machinery/schema.ts';
import { persistentVolumeClaimTemplate } from '../persistent-volume-claim/schema.ts';
import { localObjectReference } from '../references.ts';
import { labelSelector } from '#machinery/meta.ts';

export const hostPathType = oneOf('', 'DirectoryOrCreate', 'Directory', 'FileOrCreate', 'File', 'Socket', 'CharDevice', 'BlockDevice');

export const hostPathVolumeSource = message('core/v1.HostPathVolumeSource', {
  path: required(1, string),
  type: pointer(2, hostPathType),
});
export interface HostPathVolumeSource extends Infer<typeof hostPathVolumeSource> {}

export const storageMedium = anyOf('', 'Memory', 'HugePages', 'HugePages-');

export const emptyDirVolumeSource = message('core/v1.EmptyDirVolumeSource', {
  medium: optional(1, storageMedium),
  sizeLimit: pointer(2, quantity),
});
export interface EmptyDirVolumeSource extends Infer<typeof emptyDirVolumeSource> {}

export const gcePersistentDiskVolumeSource = message('core/v1.GCEPersistentDiskVolumeSource', {
  pdName: required(1, string),
  fsType: optional(2, string),
  partition: optional(3, int32),
  readOnly: optional(4, bool),
});
export interface GCEPersistentDiskVolumeSource extends Infer<typeof gcePersistentDiskVolumeSource> {}

export const awsElasticBlockStoreVolumeSource = message('core/v1.AWSElasticBlockStoreVolumeSource', {
  volumeID: required(1, string),
  fsType: optional(2, string),
  partition: optional(3, int32),
  readOnly: optional(4, bool),
});
export interface AWSElasticBlockStoreVolumeSource extends Infer<typeof awsElasticBlockStoreVolumeSource> {}

export const gitRepoVolumeSource = message('core/v1.GitRepoVolumeSource', {
  repository: required(1, string),
  revision: optional(2, string),
  directory: optional(3, string),
});
export interface GitRepoVolumeSource extends Infer<typeof gitRepoVolumeSource> {}

export const keyToPath = message('core/v1.KeyToPath', {
  key: required(1, string),
  path: required(2, string),
  mode: pointer(3, int32),
});
export interface KeyToPath extends Infer<typeof keyToPath> {}

export const secretVolumeSource = message('core/v1.SecretVolumeSource', {
  secretName: optional(1, string),
  items: optional(2, list(keyToPath)),
  defaultMode: pointer(3, int32),
  optional: pointer(4, bool),
});
export interface SecretVolumeSource extends Infer<typeof secretVolumeSource> {}

export const nfsVolumeSource = message('core/v1.NFSVolumeSource', {
  server: required(1, string),
  path: required(2, string),
  readOnly: optional(3, bool),
});
export interface NFSVolumeSource extends Infer<typeof nfsVolumeSource> {}

export const iscsiVolumeSource = message('core/v1.ISCSIVolumeSource', {
  targetPortal: required(1, string),
  iqn: required(2, string),
  lun: required(3, int32),
  iscsiInterface: optional(4, string, { default: 'default' }),
  fsType: optional(5, string),
  readOnly: optional(6, bool),
  portals: optional(7, list(string)),
  chapAuthDiscovery: optional(8, bool),
  chapAuthSession: optional(11, bool),
  secretRef: pointer(10, localObjectReference),
  initiatorName: pointer(12, string),
});
export interface ISCSIVolumeSource extends Infer<typeof iscsiVolumeSource> {}

export const glusterfsVolumeSource = message('core/v1.GlusterfsVolumeSource', {
  endpoints: required(1, string),
  path: required(2, string),
  readOnly: optional(3, bool),
});
export interface GlusterfsVolumeSource extends Infer<typeof glusterfsVolumeSource> {}

export const persistentVolumeClaimVolumeSource = message('core/v1.PersistentVolumeClaimVolumeSource', {
  claimName: required(1, string),
  readOnly: optional(2, bool),
});
export interface PersistentVolumeClaimVolumeSource extends Infer<typeof persistentVolumeClaimVolumeSource> {}

export const rbdVolumeSource = message('core/v1.RBDVolumeSource', {
  monitors: required(1, list(string)),
  image: required(2, string),
  fsType: optional(3, string),
  pool: optional(4, string, { default: 'rbd' }),
  user: optional(5, string, { default: 'admin' }),
  keyring: optional(6, string, { default: '/etc/ceph/keyring' }),
  secretRef: pointer(7, localObjectReference),
  readOnly: optional(8, bool),
});
export interface RBDVolumeSource extends Infer<typeof rbdVolumeSource> {}

export const flexVolumeSource = message('core/v1.FlexVolumeSource', {
  driver: required(1, string),
  fsType: optional(2, string),
  secretRef: pointer(3, localObjectReference),
  readOnly: optional(4, bool),
  options: optional(5, map(string)),
});
export interface FlexVolumeSource extends Infer<typeof flexVolumeSource> {}

export const cinderVolumeSource = message('core/v1.CinderVolumeSource', {
  volumeID: required(1, string),
  fsType: optional(2, string),
  readOnly: optional(3, bool),
  secretRef: pointer(4, localObjectReference),
});
export interface CinderVolumeSource extends Infer<typeof cinderVolumeSource> {}

export const cephFSVolumeSource = message('core/v1.CephFSVolumeSource', {
  monitors: required(1, list(string)),
  path: optional(2, string),
  user: optional(3, string),
  secretFile: optional(4, string),
  secretRef: pointer(5, localObjectReference),
  readOnly: optional(6, bool),
});
export interface CephFSVolumeSource extends Infer<typeof cephFSVolumeSource> {}

export const flockerVolumeSource = message('core/v1.FlockerVolumeSource', {
  datasetName: optional(1, string),
  datasetUUID: optional(2, string),
});
export interface FlockerVolumeSource extends Infer<typeof flockerVolumeSource> {}

export const objectFieldSelector = message(
  'core/v1.ObjectFieldSelector',
  {
    apiVersion: optional(1, string),
    fieldPath: required(2, string),
  },
  'atomic',
);
export interface ObjectFieldSelector extends Infer<typeof objectFieldSelector> {}

export const resourceFieldSelector = message(
  'core/v1.ResourceFieldSelector',
  {
    containerName: optional(1, string),
    resource: required(2, string),
    divisor: optional(3, quantity),
  },
  'atomic',
);
export interface ResourceFieldSelector extends Infer<typeof resourceFieldSelector> {}

export const downwardAPIVolumeFile = message('core/v1.DownwardAPIVolumeFile', {
  path: required(1, string),
  fieldRef: pointer(2, objectFieldSelector),
  resourceFieldRef: pointer(3, resourceFieldSelector),
  mode: pointer(4, int32),
});
export interface DownwardAPIVolumeFile extends Infer<typeof downwardAPIVolumeFile> {}

export const downwardAPIVolumeSource = message('core/v1.DownwardAPIVolumeSource', {
  items: optional(1, list(downwardAPIVolumeFile)),
  defaultMode: pointer(2, int32),
});
export interface DownwardAPIVolumeSource extends Infer<typeof downwardAPIVolumeSource> {}

export const fcVolumeSource = message('core/v1.FCVolumeSource', {
  targetWWNs: optional(1, list(string)),
  lun: pointer(2, int32),
  fsType: optional(3, string),
  readOnly: optional(4, bool),
  wwids: optional(5, list(string)),
});
export interface FCVolumeSource extends Infer<typeof fcVolumeSource> {}

export const azureFileVolumeSource = message('core/v1.AzureFileVolumeSource', {
  secretName: required(1, string),
  shareName: required(2, string),
  readOnly: optional(3, bool),
});
export interface AzureFileVolumeSource extends Infer<typeof azureFileVolumeSource> {}

export const configMapVolumeSource = message('core/v1.ConfigMapVolumeSource', {
  localObjectReference: inline(1, localObjectReference),
  items: optional(2, list(keyToPath)),
  defaultMode: pointer(3, int32),
  optional: pointer(4, bool),
});
export interface ConfigMapVolumeSource extends Infer<typeof configMapVolumeSource> {}

export const vsphereVirtualDiskVolumeSource = message('core/v1.VsphereVirtualDiskVolumeSource', {
  volumePath: required(1, string),
  fsType: optional(2, string),
  storagePolicyName: optional(3, string),
  storagePolicyID: optional(4, string),
});
export interface VsphereVirtualDiskVolumeSource extends Infer<typeof vsphereVirtualDiskVolumeSource> {}

export const quobyteVolumeSource = message('core/v1.QuobyteVolumeSource', {
  registry: required(1, string),
  volume: required(2, string),
  readOnly: optional(3, bool),
  user: optional(4, string),
  group: optional(5, string),
  tenant: optional(6, string),
});
export interface QuobyteVolumeSource extends Infer<typeof quobyteVolumeSource> {}

export const azureDataDiskCachingMode = oneOf('None', 'ReadOnly', 'ReadWrite');

export const azureDataDiskKind = oneOf('Shared', 'Dedicated', 'Managed');

export const azureDiskVolumeSource = message('core/v1.AzureDiskVolumeSource', {
  diskName: required(1, string),
  diskURI: required(2, string),
  cachingMode: pointer(3, azureDataDiskCachingMode, { default: 'ReadWrite' }),
  fsType: pointer(4, string, { default: 'ext4' }),
  readOnly: pointer(5, bool, { default: false }),
  kind: pointer(6, azureDataDiskKind, { default: 'Shared' }),
});
export interface AzureDiskVolumeSource extends Infer<typeof azureDiskVolumeSource> {}

export const photonPersistentDiskVolumeSource = message('core/v1.PhotonPersistentDiskVolumeSource', {
  pdID: required(1, string),
  fsType: optional(2, string),
});
export interface PhotonPersistentDiskVolumeSource extends Infer<typeof photonPersistentDiskVolumeSource> {}

export const secretProjection = message('core/v1.SecretProjection', {
  localObjectReference: inline(1, localObjectReference),
  items: optional(2, list(keyToPath)),
  optional: pointer(4, bool),
});
export interface SecretProjection extends Infer<typeof secretProjection> {}

export const downwardAPIProjection = message('core/v1.DownwardAPIProjection', {
  items: optional(1, list(downwardAPIVolumeFile)),
});
export interface DownwardAPIProjection extends Infer<typeof downwardAPIProjection> {}

export const configMapProjection = message('core/v1.ConfigMapProjection', {
  localObjectReference: inline(1, localObjectReference),
  items: optional(2, list(keyToPath)),
  optional: pointer(4, bool),
});
export interface ConfigMapProjection extends Infer<typeof configMapProjection> {}

export const serviceAccountTokenProjection = message('core/v1.ServiceAccountTokenProjection', {
  audience: optional(1, string),
  expirationSeconds: pointer(2, int64),
  path: required(3, string),
});
export interface ServiceAccountTokenProjection extends Infer<typeof serviceAccountTokenProjection> {}

export const clusterTrustBundleProjection = message('core/v1.ClusterTrustBundleProjection', {
  name: pointer(1, string),
  signerName: pointer(2, string),
  labelSelector: pointer(3, labelSelector),
  optional: pointer(5, bool),
  path: required(4, string),
});
export interface ClusterTrustBundleProjection extends Infer<typeof clusterTrustBundleProjection> {}

export const podCertificateProjection = message('core/v1.PodCertificateProjection', {
  signerName: optional(1, string, { mustBeSet: true }),
  keyType: optional(2, string, { mustBeSet: true }),
  maxExpirationSeconds: pointer(3, int32),
  credentialBundlePath: optional(4, string),
  keyPath: optional(5, string),
  certificateChainPath: optional(6, string),
  userAnnotations: optional(7, map(string)),
});
export interface PodCertificateProjection extends Infer<typeof podCertificateProjection> {}

export const volumeProjection = message('core/v1.VolumeProjection', {
  secret: pointer(1, secretProjection),
  downwardAPI: pointer(2, downwardAPIProjection),
  configMap: pointer(3, configMapProjection),
  serviceAccountToken: pointer(4, serviceAccountTokenProjection),
  clusterTrustBundle: pointer(5, clusterTrustBundleProjection, { gates: ['ClusterTrustBundleProjection'] }),
  podCertificate: pointer(6, podCertificateProjection, { gates: ['PodCertificateRequest'] }),
});
export interface VolumeProjection extends Infer<typeof volumeProjection> {}

export const projectedVolumeSource = message('core/v1.ProjectedVolumeSource', {
  sources: required(1, list(volumeProjection), { notRequired: true }),
  defaultMode: pointer(2, int32),
});
export interface ProjectedVolumeSource extends Infer<typeof projectedVolumeSource> {}

export const portworxVolumeSource = message('core/v1.PortworxVolumeSource', {
  volumeID: required(1, string),
  fsType: optional(2, string),
  readOnly: optional(3, bool),
});
export interface PortworxVolumeSource extends Infer<typeof portworxVolumeSource> {}

export const scaleIOVolumeSource = message('core/v1.ScaleIOVolumeSource', {
  gateway: required(1, string),
  system: required(2, string),
  secretRef: pointer(3, localObjectReference, { nullable: true, mustBeSet: true }),
  sslEnabled: optional(4, bool),
  protectionDomain: optional(5, string),
  storagePool: optional(6, string),
  storageMode: optional(7, string, { default: 'ThinProvisioned' }),
  volumeName: optional(8, string),
  fsType: optional(9, string, { default: 'xfs' }),
  readOnly: optional(10, bool),
});
export interface ScaleIOVolumeSource extends Infer<typeof scaleIOVolumeSource> {}

export const storageOSVolumeSource = message('core/v1.StorageOSVolumeSource', {
  volumeName: optional(1, string),
  volumeNamespace: optional(2, string),
  fsType: optional(3, string),
  readOnly: optional(4, bool),
  secretRef: pointer(5, localObjectReference),
});
export interface StorageOSVolumeSource extends Infer<typeof storageOSVolumeSource> {}

export const csiVolumeSource = message('core/v1.CSIVolumeSource', {
  driver: required(1, string),
  readOnly: pointer(2, bool),
  fsType: pointer(3, string),
  volumeAttributes: optional(4, map(string)),
  nodePublishSecretRef: pointer(5, localObjectReference),
});
export interface CSIVolumeSource extends Infer<typeof csiVolumeSource> {}

export const ephemeralVolumeSource = message('core/v1.EphemeralVolumeSource', {
  volumeClaimTemplate: pointer(1, persistentVolumeClaimTemplate),
});
export interface EphemeralVolumeSource extends Infer<typeof ephemeralVolumeSource> {}

export const pullPolicy = oneOf('Always', 'Never', 'IfNotPresent');

export const imageVolumeSource = message('core/v1.ImageVolumeSource', {
  reference: optional(1, string),
  pullPolicy: optional(2, pullPolicy),
});
export interface ImageVolumeSource extends Infer<typeof imageVolumeSource> {}

export const volumeSource = message('core/v1.VolumeSource', {
  hostPath: pointer(1, hostPathVolumeSource),
  emptyDir: pointer(2, emptyDirVolumeSource),
  gcePersistentDisk: pointer(3, gcePersistentDiskVolumeSource, { deprecated: true }),
  awsElasticBlockStore: pointer(4, awsElasticBlockStoreVolumeSource, { deprecated: true }),
  gitRepo: pointer(5, gitRepoVolumeSource, { deprecated: true }),
  secret: pointer(6, secretVolumeSource),
  nfs: pointer(7, nfsVolumeSource),
  iscsi: pointer(8, iscsiVolumeSource),
  glusterfs: pointer(9, glusterfsVolumeSource, { deprecated: true }),
  persistentVolumeClaim: pointer(10, persistentVolumeClaimVolumeSource),
  rbd: pointer(11, rbdVolumeSource, { deprecated: true }),
  flexVolume: pointer(12, flexVolumeSource, { deprecated: true }),
  cinder: pointer(13, cinderVolumeSource, { deprecated: true }),
  cephfs: pointer(14, cephFSVolumeSource, { deprecated: true }),
  flocker: pointer(15, flockerVolumeSource, { deprecated: true }),
  downwardAPI: pointer(16, downwardAPIVolumeSource),
  fc: pointer(17, fcVolumeSource),
  azureFile: pointer(18, azureFileVolumeSource, { deprecated: true }),
  configMap: pointer(19, configMapVolumeSource),
  vsphereVolume: pointer(20, vsphereVirtualDiskVolumeSource, { deprecated: true }),
  quobyte: pointer(21, quobyteVolumeSource, { deprecated: true }),
  azureDisk: pointer(22, azureDiskVolumeSource, { deprecated: true }),
  photonPersistentDisk: pointer(23, photonPersistentDiskVolumeSource, { deprecated: true }),
  projected: pointer(26, projectedVolumeSource),
  portworxVolume: pointer(24, portworxVolumeSource, { deprecated: true }),
  scaleIO: pointer(25, scaleIOVolumeSource, { deprecated: true }),
  storageos: pointer(27, storageOSVolumeSource, { deprecated: true }),
  csi: pointer(28, csiVolumeSource),
  ephemeral: pointer(29, ephemeralVolumeSource),
  image: pointer(30, imageVolumeSource),
});
export interface VolumeSource extends Infer<typeof volumeSource> {}

export const volume = message('core/v1.Volume', {
  name: required(1, string),
  volumeSource: inline(2, volumeSource),
});
export interface Volume extends Infer<typeof volume> {}
