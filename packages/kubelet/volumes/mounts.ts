/**
 * A container's `volumeMounts` as mounts of node paths, with sub-paths resolved and kept inside their volume.
 *
 * Source: kubernetes `pkg/kubelet/kubelet_pods.go` makeMounts, `pkg/volume/util/subpath`.
 */
import { lstat, mkdir, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Device, Mount } from '#cri/config.ts';
import type { Container, VolumeMount } from '#kinds/core/pod/container.ts';
import { ContainerConfigError } from '../pod/env.ts';
import { expand } from '../pod/expand.ts';
import type { MountedVolume } from './plugin.ts';

const SUB_PATH_MODE = 0o750;
const PROPAGATION = { None: 'private', HostToContainer: 'hostToContainer', Bidirectional: 'bidirectional' } as const;

/** Whether `path` is `root` or below it. */
const isInside = (path: string, root: string): boolean => path === root || path.startsWith(`${root}/`);

/** The path of the mount inside its volume, expanded; empty for the whole volume. @throws ContainerConfigError. */
function subPathOf(mount: VolumeMount, env: ReadonlyMap<string, string>): string {
  const problem = (): ContainerConfigError => new ContainerConfigError(`failed to prepare subPath for volumeMount "${mount.name}"`);
  let missing = false;
  const path = mount.subPathExpr
    ? expand(mount.subPathExpr, (name) => {
        const value = env.get(name);
        if (value === undefined) missing = true;
        return value;
      })
    : (mount.subPath ?? '');
  if (missing || path.startsWith('/') || path.split('/').includes('..')) throw problem();
  return path;
}

/** Makes the directory where it is missing, and follows links only within the volume. */
async function resolveSubPath(root: string, subPath: string, mount: VolumeMount): Promise<string> {
  const path = join(root, subPath);
  const realRoot = await realpath(root);
  let parent = path;
  while (!(await present(parent))) parent = resolve(parent, '..');
  if (!isInside(await realpath(parent), realRoot)) throw new ContainerConfigError(`failed to prepare subPath for volumeMount "${mount.name}"`);
  if (parent !== path) await mkdir(path, { recursive: true, mode: SUB_PATH_MODE });
  return realpath(path);
}

async function present(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** The mounts of a container. @throws ContainerConfigError when one cannot be made. */
export async function containerMounts(container: Container, volumes: ReadonlyMap<string, MountedVolume>, env: ReadonlyMap<string, string>): Promise<Mount[]> {
  const mounts: Mount[] = [];
  for (const mount of container.volumeMounts ?? []) {
    const volume = volumes.get(mount.name);
    if (!volume) throw new ContainerConfigError(`cannot find volume "${mount.name}" to mount into container "${container.name}"`);
    const subPath = subPathOf(mount, env);
    const containerPath = mount.mountPath.startsWith('/') ? mount.mountPath : `/${mount.mountPath}`;
    if (volume.image !== undefined) {
      mounts.push({ containerPath, hostPath: '', image: { image: volume.image }, ...(subPath === '' ? {} : { imageSubPath: subPath }), readonly: true });
      continue;
    }
    const hostPath = subPath === '' ? volume.path : await resolveSubPath(volume.path, subPath, mount);
    const readonly = mount.readOnly === true || volume.readOnly === true;
    mounts.push({
      containerPath,
      hostPath,
      readonly,
      propagation: PROPAGATION[mount.mountPropagation ?? 'None'],
      ...(mount.recursiveReadOnly === 'Enabled' ? { recursiveReadOnly: true } : {}),
    });
  }
  return mounts;
}

/** The block devices of a container. @throws ContainerConfigError when a volume is none. */
export function containerDevices(container: Container, volumes: ReadonlyMap<string, MountedVolume>): Device[] {
  return (container.volumeDevices ?? []).map(({ name, devicePath }) => {
    const volume = volumes.get(name);
    if (volume?.device === undefined) throw new ContainerConfigError(`cannot find volume "${name}" to pass into container "${container.name}"`);
    return { containerPath: devicePath, hostPath: volume.device, permissions: volume.readOnly ? 'r' : 'mrw' };
  });
}
