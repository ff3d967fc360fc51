/**
 * `emptyDir`: a directory that lives as long as its pod, on disk or in memory.
 *
 * Source: kubernetes `pkg/volume/emptydir`.
 */
import { chmod, mkdir, rm, stat } from 'node:fs/promises';
import { quantityValue } from '#machinery/quantity.ts';
import { mountPoints, mountTmpfs, unmount } from './mount-command.ts';
import type { VolumePlugin } from './plugin.ts';

/** Everyone may write; `fsGroup` adds its own bits. */
const MODE = 0o777;

/** The plugin. */
export const emptyDirPlugin: VolumePlugin = {
  name: 'kubernetes.io/empty-dir',
  supports: ({ emptyDir }) => emptyDir !== undefined,
  async setUp({ volume, directory }, signal) {
    const { medium = '', sizeLimit } = volume.emptyDir ?? {};
    if (medium !== '' && medium !== 'Memory') throw new Error(`unknown storage medium "${medium}"`);
    const existed = await exists(directory);
    if (!existed) await mkdir(directory, { recursive: true });
    if (medium === 'Memory' && !(await mountPoints()).includes(directory)) await mountTmpfs(directory, sizeLimit ? quantityValue(sizeLimit) : 0, signal);
    if (!existed) await chmod(directory, MODE);
    return { path: directory, managesOwnership: true };
  },
  async tearDown(directory, signal) {
    if ((await mountPoints()).includes(directory)) await unmount(directory, signal);
    await rm(directory, { recursive: true, force: true });
  },
};

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
