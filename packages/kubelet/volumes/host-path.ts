/**
 * `hostPath`: a file or directory of the node.
 *
 * Source: kubernetes `pkg/volume/hostpath`.
 */
import type { Stats } from 'node:fs';
import { mkdir, open, stat } from 'node:fs/promises';
import type { VolumePlugin } from './plugin.ts';

const DIRECTORY_MODE = 0o755;
const FILE_MODE = 0o644;

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** What each checked type is called and how it is recognised. */
const CHECKS: Readonly<Record<string, { readonly words: string; readonly is: (found: Stats) => boolean }>> = {
  Directory: { words: 'a directory', is: (found) => found.isDirectory() },
  File: { words: 'a file', is: (found) => found.isFile() },
  Socket: { words: 'a socket file', is: (found) => found.isSocket() },
  CharDevice: { words: 'a character device', is: (found) => found.isCharacterDevice() },
  BlockDevice: { words: 'a block device', is: (found) => found.isBlockDevice() },
};

/** Makes or checks what the type demands. @throws Error with upstream's words. */
export async function ensureHostPath(path: string, type: string): Promise<void> {
  if (type === '') return;
  if (type === 'DirectoryOrCreate' && !(await statOf(path))) await mkdir(path, { recursive: true, mode: DIRECTORY_MODE });
  if (type === 'FileOrCreate' && !(await statOf(path))) await (await open(path, 'a', FILE_MODE)).close();
  const check = CHECKS[type.replace(/OrCreate$/, '')];
  if (!check) throw new Error(`${type} is an invalid volume type`);
  const found = await statOf(path);
  if (!found || !check.is(found)) throw new Error(`hostPath type check failed: ${path} is not ${check.words}`);
}

/** The plugin. */
export const hostPathPlugin: VolumePlugin = {
  name: 'kubernetes.io/host-path',
  supports: ({ hostPath }) => hostPath !== undefined,
  async setUp({ volume }) {
    const { path = '', type = '' } = volume.hostPath ?? {};
    await ensureHostPath(path, type);
    return { path, managesOwnership: false };
  },
  tearDown: () => Promise.resolve(),
};
