/**
 * What is remembered of a mounted CSI volume beside it, so that it can be taken down by another process, when its objects are gone.
 *
 * Source: kubernetes `pkg/volume/csi` (`vol_data.json`).
 */
import { mkdir, readdir, readFile, rename, rmdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The file's content. */
export interface VolumeData {
  readonly specVolID: string;
  readonly volumeHandle: string;
  readonly driverName: string;
  readonly nodeName: string;
  readonly attachmentID: string;
  readonly volumeLifecycleMode: 'Persistent' | 'Ephemeral';
  /** Where the volume is staged; absent when its driver does not stage. */
  readonly stagingPath?: string;
  /** Where the pod's own copy is. */
  readonly targetPath: string;
}

const FILE = 'vol_data.json';
const PLUGIN_DIRECTORY = 'kubernetes.io~csi';

/** The directory of a pod's CSI volume. */
export const volumeDirectory = (podVolumes: string, name: string): string => join(podVolumes, PLUGIN_DIRECTORY, name);

/** Writes the data, whole or not at all. */
export async function writeVolumeData(directory: string, data: VolumeData): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o750 });
  await writeFile(join(directory, `.${FILE}`), JSON.stringify(data));
  await rename(join(directory, `.${FILE}`), join(directory, FILE));
}

/** Reads the data; `undefined` when there is none. */
export async function readVolumeData(directory: string): Promise<VolumeData | undefined> {
  try {
    return JSON.parse(await readFile(join(directory, FILE), 'utf8')) as VolumeData;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function entries(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** The data of all CSI volumes of all pods below the kubelet's root, by directory. */
export async function allVolumeData(root: string): Promise<ReadonlyMap<string, VolumeData>> {
  const found = new Map<string, VolumeData>();
  for (const uid of await entries(join(root, 'pods'))) {
    const volumes = join(root, 'pods', uid, 'volumes');
    for (const name of await entries(join(volumes, PLUGIN_DIRECTORY))) {
      const directory = volumeDirectory(volumes, name);
      const data = await readVolumeData(directory);
      if (data) found.set(directory, data);
    }
  }
  return found;
}

/** Forgets the volume. What is still mounted in its directory stops it: nothing below a mount is ever removed. */
export async function removeVolumeData(directory: string): Promise<void> {
  await ifPresent(unlink(join(directory, FILE)));
  await ifPresent(rmdir(directory));
}

/** Removes the empty directory, or the file, on which a driver had mounted a volume. */
export async function removeMountPoint(path: string): Promise<void> {
  try {
    await rmdir(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') await unlink(path);
    else if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

async function ifPresent(removal: Promise<void>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
