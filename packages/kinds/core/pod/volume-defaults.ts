/**
 * Defaults of volumes.
 *
 * Source: kubernetes `pkg/apis/core/v1/defaults.go`, `+default` markers of `k8s.io/api/core/v1`.
 */
import type { Draft } from '#machinery/schema.ts';
import { roundAmounts } from './resource-list.ts';
import { defaultFieldRef, defaultPullPolicy, defaultResourceRef } from './container-defaults.ts';
import type { DownwardAPIVolumeFile, ProjectedVolumeSource, Volume } from './volumes.ts';

/** Mode of files that carry no mode of their own: 0644. */
const DEFAULT_FILE_MODE = 0o644;

/** Lifetime of a projected service account token when none is asked for. */
const TOKEN_EXPIRATION_SECONDS = 3600;

/** Fills a volume; one without any source is an empty directory. */
export function defaultVolume(volume: Draft<Volume>): void {
  if (!hasSource(volume)) volume.emptyDir = {};
  if (volume.hostPath) volume.hostPath.type ??= '';
  if (volume.secret) volume.secret.defaultMode ??= DEFAULT_FILE_MODE;
  if (volume.configMap) volume.configMap.defaultMode ??= DEFAULT_FILE_MODE;
  if (volume.downwardAPI) {
    volume.downwardAPI.defaultMode ??= DEFAULT_FILE_MODE;
    defaultFiles(volume.downwardAPI.items);
  }
  if (volume.projected) defaultProjected(volume.projected);
  if (volume.image) volume.image.pullPolicy ||= defaultPullPolicy(volume.image.reference);
  const claim = volume.ephemeral?.volumeClaimTemplate?.spec;
  if (claim) {
    claim.volumeMode ??= 'Filesystem';
    roundAmounts(claim.resources?.limits);
    roundAmounts(claim.resources?.requests);
  }
  defaultLegacySources(volume);
}

function hasSource(volume: Draft<Volume>): boolean {
  for (const [name, value] of Object.entries(volume)) if (name !== 'name' && value !== undefined) return true;
  return false;
}

function defaultFiles(files: Draft<DownwardAPIVolumeFile>[] | undefined): void {
  for (const file of files ?? []) {
    defaultFieldRef(file.fieldRef);
    defaultResourceRef(file.resourceFieldRef);
  }
}

function defaultProjected(projected: Draft<ProjectedVolumeSource>): void {
  projected.defaultMode ??= DEFAULT_FILE_MODE;
  for (const source of projected.sources ?? []) {
    if (source.serviceAccountToken) source.serviceAccountToken.expirationSeconds ??= TOKEN_EXPIRATION_SECONDS;
    defaultFiles(source.downwardAPI?.items);
  }
}

/** Sources of storage that was once built in. */
function defaultLegacySources(volume: Draft<Volume>): void {
  if (volume.iscsi) volume.iscsi.iscsiInterface ||= 'default';
  if (volume.rbd) {
    volume.rbd.pool ||= 'rbd';
    volume.rbd.user ||= 'admin';
    volume.rbd.keyring ||= '/etc/ceph/keyring';
  }
  if (volume.azureDisk) {
    volume.azureDisk.cachingMode ??= 'ReadWrite';
    volume.azureDisk.fsType ??= 'ext4';
    volume.azureDisk.readOnly ??= false;
    volume.azureDisk.kind ??= 'Shared';
  }
  if (volume.scaleIO) {
    volume.scaleIO.storageMode ||= 'ThinProvisioned';
    volume.scaleIO.fsType ||= 'xfs';
  }
}
