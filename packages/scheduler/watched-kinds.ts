/**
 * The kinds besides pods and nodes whose changes may help a rejected pod.
 */
import type { KubeObject, Kind } from '#machinery/kind.ts';
import { namespaces } from '#kinds/core/namespace/kind.ts';
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import { persistentVolumes } from '#kinds/core/persistent-volume/kind.ts';
import { services } from '#kinds/core/service/kind.ts';
import { deviceClasses } from '#kinds/resource/device-class/kind.ts';
import { resourceClaims } from '#kinds/resource/resource-claim/kind.ts';
import { resourceSlices } from '#kinds/resource/resource-slice/kind.ts';
import { csiDrivers } from '#kinds/storage/csi-driver/kind.ts';
import { csiNodes } from '#kinds/storage/csi-node/kind.ts';
import { csiStorageCapacities } from '#kinds/storage/csi-storage-capacity/kind.ts';
import { storageClasses } from '#kinds/storage/storage-class/kind.ts';
import { volumeAttachments } from '#kinds/storage/volume-attachment/kind.ts';
import type { WatchedKind } from './events.ts';

/** Kinds by the name that event types use. */
export const WATCHED_KINDS = {
  PersistentVolume: persistentVolumes,
  PersistentVolumeClaim: persistentVolumeClaims,
  StorageClass: storageClasses,
  CSINode: csiNodes,
  CSIDriver: csiDrivers,
  CSIStorageCapacity: csiStorageCapacities,
  VolumeAttachment: volumeAttachments,
  Service: services,
  Namespace: namespaces,
  ResourceClaim: resourceClaims,
  ResourceSlice: resourceSlices,
  DeviceClass: deviceClasses,
} satisfies Record<WatchedKind, unknown> as unknown as Readonly<Record<WatchedKind, Kind<KubeObject>>>;
