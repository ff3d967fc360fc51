/**
 * What a driver is asked for, from the objects of the API. Pure.
 *
 * Source: kubernetes `pkg/volume/csi`; the documented `podInfoOnMount` and `fsGroupPolicy`.
 */
import type { PersistentVolume } from '#kinds/core/persistent-volume/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { CSIDriver } from '#kinds/storage/csi-driver/schema.ts';
import type { NodeCapability } from './driver.ts';

/** How a volume is used: a mount with a filesystem, or a device. */
export interface VolumeUse {
  readonly accessModes: readonly string[];
  readonly block: boolean;
  readonly fsType?: string;
  readonly mountOptions?: readonly string[];
  /** Given to drivers that apply it themselves. */
  readonly fsGroup?: number;
}

/** How a persistent volume is used. */
export function useOf({ spec }: PersistentVolume): VolumeUse {
  return {
    accessModes: spec.accessModes ?? [],
    block: spec.volumeMode === 'Block',
    ...(spec.csi?.fsType ? { fsType: spec.csi.fsType } : {}),
    ...(spec.mountOptions ? { mountOptions: spec.mountOptions } : {}),
  };
}

/** The access mode in the driver's words: of several the widest. */
export function accessModeOf(modes: readonly string[], finer: boolean) {
  if (modes.includes('ReadWriteMany')) return 'multiNodeMultiWriter';
  if (modes.includes('ReadOnlyMany') && modes.includes('ReadWriteOnce')) return 'multiNodeMultiWriter';
  if (modes.includes('ReadOnlyMany')) return 'multiNodeReaderOnly';
  if (modes.includes('ReadWriteOncePod')) return finer ? 'singleNodeSingleWriter' : 'singleNodeWriter';
  return finer ? 'singleNodeMultiWriter' : 'singleNodeWriter';
}

/** The capability to ask for. */
export function capabilityOf({ accessModes, block, fsType, mountOptions, fsGroup }: VolumeUse, capabilities: ReadonlySet<NodeCapability>) {
  const accessMode = { mode: accessModeOf(accessModes, capabilities.has('singleNodeMultiWriter')) } as const;
  if (block) return { accessMode, block: {} };
  const group = fsGroup !== undefined && capabilities.has('volumeMountGroup') ? { volumeMountGroup: String(fsGroup) } : {};
  return { accessMode, mount: { fsType: fsType ?? '', mountFlags: mountOptions ?? [], ...group } };
}

/** What the driver is told of the pod when it asked for that. */
export function podInfo(pod: Pod, driver: CSIDriver | undefined, ephemeral: boolean): Record<string, string> {
  if (!driver?.spec.podInfoOnMount) return {};
  return {
    'csi.storage.k8s.io/pod.name': pod.metadata.name ?? '',
    'csi.storage.k8s.io/pod.namespace': pod.metadata.namespace ?? '',
    'csi.storage.k8s.io/pod.uid': pod.metadata.uid ?? '',
    'csi.storage.k8s.io/serviceAccount.name': pod.spec.serviceAccountName ?? '',
    'csi.storage.k8s.io/ephemeral': String(ephemeral),
  };
}

/** Whether the kubelet gives the volume's files to the pod's group. */
export function appliesFsGroup(
  driver: CSIDriver | undefined,
  { accessModes, fsType, block }: VolumeUse,
  readOnly: boolean,
  capabilities: ReadonlySet<NodeCapability>,
): boolean {
  if (block || readOnly || capabilities.has('volumeMountGroup')) return false;
  switch (driver?.spec.fsGroupPolicy ?? 'ReadWriteOnceWithFSType') {
    case 'None':
      return false;
    case 'File':
      return true;
    default:
      return Boolean(fsType) && accessModes.some((mode) => mode === 'ReadWriteOnce' || mode === 'ReadWriteOncePod');
  }
}
