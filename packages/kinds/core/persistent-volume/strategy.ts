/**
 * The life of a volume.
 *
 * Source: kubernetes `pkg/registry/core/persistentvolume/strategy.go`, `pkg/apis/core/v1/defaults.go`.
 */
import type { Strategy, Subresource } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import { formatTime } from '#machinery/time.ts';
import { statusSubresource } from '../../strategy.ts';
import { roundAmounts } from '../pod/resource-list.ts';
import type { PersistentVolume, PersistentVolumeStatus } from './schema.ts';
import { validateVolume, validateVolumeUpdate } from './validation.ts';
import { persistentVolumeWarnings } from './warnings.ts';

/** Fills a volume. */
export function defaultPersistentVolume(draft: Draft<PersistentVolume>): void {
  draft.status ??= {};
  draft.status.phase ||= 'Pending';
  const spec = (draft.spec ??= {});
  spec.persistentVolumeReclaimPolicy ||= 'Retain';
  spec.volumeMode ??= 'Filesystem';
  roundAmounts(spec.capacity);
  if (spec.hostPath) spec.hostPath.type ??= '';
  if (spec.iscsi) spec.iscsi.iscsiInterface ||= 'default';
  if (spec.rbd) {
    spec.rbd.pool ||= 'rbd';
    spec.rbd.user ||= 'admin';
    spec.rbd.keyring ||= '/etc/ceph/keyring';
  }
  if (spec.azureDisk) {
    spec.azureDisk.cachingMode ??= 'ReadWrite';
    spec.azureDisk.fsType ??= 'ext4';
    spec.azureDisk.readOnly ??= false;
    spec.azureDisk.kind ??= 'Shared';
  }
  if (spec.scaleIO) {
    spec.scaleIO.storageMode ||= 'ThinProvisioned';
    spec.scaleIO.fsType ||= 'xfs';
  }
}

/** Rules of a volume's life. */
export const persistentVolumeStrategy: Strategy<PersistentVolume> = {
  unconditionalUpdate: true,
  validate: validateVolume,
  validateUpdate: validateVolumeUpdate,
  warnings: persistentVolumeWarnings,
  prepareForCreate(draft, { nowMs }) {
    draft.status = { phase: 'Pending', lastPhaseTransitionTime: formatTime(nowMs) };
  },
  prepareForUpdate(draft, stored) {
    draft.status = stored.status as Draft<PersistentVolumeStatus>;
  },
};

/** `status`: a new phase is dated. */
export const persistentVolumeStatusSubresource: Subresource = statusSubresource<PersistentVolume>({
  prepare(draft, stored, { nowMs }) {
    const status: Draft<PersistentVolumeStatus> = { ...draft.status };
    const before = stored.status.lastPhaseTransitionTime;
    if (status.phase !== stored.status.phase) {
      if (!status.lastPhaseTransitionTime || status.lastPhaseTransitionTime === before) status.lastPhaseTransitionTime = formatTime(nowMs);
    } else if (!status.lastPhaseTransitionTime && before) status.lastPhaseTransitionTime = before;
    draft.status = status;
  },
});
