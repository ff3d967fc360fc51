/**
 * Rules for what a container mounts.
 *
 * Source: kubernetes `pkg/apis/core/validation` ValidateVolumeMounts, ValidateVolumeDevices.
 */
import { at, child, type FieldError, fieldNotFound, forbiddenField, invalid, notSupported, required } from '#machinery/field-error.ts';
import type { Container, VolumeMount } from '../container.ts';
import type { Volumes } from './env.ts';
import { localDescendingPath, noBacksteps } from './paths.ts';

const PROPAGATIONS: readonly string[] = ['Bidirectional', 'HostToContainer', 'None'];
const RECURSIVE_MODES: readonly string[] = ['Disabled', 'Enabled', 'IfPossible'];
const NO_DEVICE = 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode';

/** Volumes mounted as directories. */
export function validateMounts(field: string, container: Container, volumes: Volumes): FieldError[] {
  const errors: FieldError[] = [];
  const paths = new Set<string>();
  const devices = container.volumeDevices ?? [];
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    const here = at(field, index);
    if (!mount.name) errors.push(required(child(here, 'name')));
    if (!volumes.has(mount.name)) errors.push(fieldNotFound(child(here, 'name'), mount.name));
    if (!mount.mountPath) errors.push(required(child(here, 'mountPath')));
    if (paths.has(mount.mountPath)) errors.push(invalid(child(here, 'mountPath'), mount.mountPath, 'must be unique'));
    paths.add(mount.mountPath);
    if (devices.some(({ name }) => name === mount.name))
      errors.push(invalid(child(here, 'name'), mount.name, 'must not already exist in volumeDevices'));
    if (devices.some(({ devicePath }) => devicePath === mount.mountPath)) {
      errors.push(invalid(child(here, 'mountPath'), mount.mountPath, 'must not already exist as a path in volumeDevices'));
    }
    errors.push(...subPathRules(field, here, mount), ...propagationRules(field, mount, container.securityContext?.privileged ?? false));
  }
  return errors;
}

/** Upstream gives the path of the list, not of the mount, for findings about sub-paths and propagation. */
function subPathRules(field: string, here: string, { subPath, subPathExpr }: VolumeMount): FieldError[] {
  const errors: FieldError[] = [];
  if (subPath) errors.push(...localDescendingPath(child(field, 'subPath'), subPath));
  if (!subPathExpr) return errors;
  if (subPath) errors.push(invalid(child(here, 'subPathExpr'), subPathExpr, 'subPathExpr and subPath are mutually exclusive'));
  errors.push(...localDescendingPath(child(field, 'subPathExpr'), subPathExpr));
  return errors;
}

function propagationRules(field: string, { mountPropagation, recursiveReadOnly, readOnly }: VolumeMount, privileged: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const propagation = child(field, 'mountPropagation');
  if (mountPropagation !== undefined && !PROPAGATIONS.includes(mountPropagation))
    errors.push(notSupported(propagation, mountPropagation, PROPAGATIONS));
  if (mountPropagation === 'Bidirectional' && !privileged) {
    errors.push(forbiddenField(propagation, 'Bidirectional mount propagation is available only to privileged containers'));
  }
  const recursive = child(field, 'recursiveReadOnly');
  if (recursiveReadOnly === undefined || recursiveReadOnly === 'Disabled') return errors;
  if (!RECURSIVE_MODES.includes(recursiveReadOnly)) return [...errors, notSupported(recursive, recursiveReadOnly, RECURSIVE_MODES)];
  if (!readOnly) errors.push(forbiddenField(recursive, 'may only be specified when readOnly is true'));
  if (mountPropagation !== undefined && mountPropagation !== 'None') {
    errors.push(forbiddenField(recursive, 'may only be specified when mountPropagation is None or not specified'));
  }
  return errors;
}

/** Volumes given as block devices. */
export function validateDevices(field: string, container: Container, volumes: Volumes): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  const paths = new Set<string>();
  const mounts = container.volumeMounts ?? [];
  for (const [index, { name, devicePath }] of (container.volumeDevices ?? []).entries()) {
    const inName = child(at(field, index), 'name');
    const inPath = child(at(field, index), 'devicePath');
    const volume = volumes.get(name);
    if (!name) errors.push(required(inName));
    if (names.has(name)) errors.push(invalid(inName, name, 'must be unique'));
    if (volume && !volume.persistentVolumeClaim && !volume.ephemeral) errors.push(invalid(inName, name, NO_DEVICE));
    if (!volume) errors.push(fieldNotFound(inName, name));
    if (!devicePath) errors.push(required(inPath));
    if (paths.has(devicePath)) errors.push(invalid(inPath, devicePath, 'must be unique'));
    if (noBacksteps('', devicePath).length) errors.push(invalid(inPath, devicePath, "can not contain backsteps ('..')"));
    else paths.add(devicePath);
    if (mounts.some((mount) => mount.name === name)) errors.push(invalid(inName, name, 'must not already exist in volumeMounts'));
    if (mounts.some(({ mountPath }) => mountPath === devicePath))
      errors.push(invalid(inPath, devicePath, 'must not already exist as a path in volumeMounts'));
    if (name) names.add(name);
  }
  return errors;
}
