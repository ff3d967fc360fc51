/**
 * How much memory and disk the node has left, and how much a directory holds.
 */
import { lstat, readdir, readFile, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeSupply } from './eviction.ts';

/** Files looked at in one directory tree at most; a larger tree counts as what was seen. */
const MAX_FILES = 100_000;

/** Reads the node's supply: each path lies on the disk in question. */
export async function readSupply(storagePath: string, imagePath: string): Promise<NodeSupply> {
  const [memory, node, images] = await Promise.all([readFile('/proc/meminfo', 'utf8'), statfs(storagePath), statfs(imagePath)]);
  const bytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(memory)?.[1] ?? 0) * 1024;
  return {
    memory: { capacity: bytes('MemTotal'), available: bytes('MemAvailable') },
    nodefs: { capacity: node.blocks * node.bsize, available: node.bavail * node.bsize },
    nodefsInodes: { capacity: node.files, available: node.ffree },
    imagefs: { capacity: images.blocks * images.bsize, available: images.bavail * images.bsize },
    imagefsInodes: { capacity: images.files, available: images.ffree },
  };
}

/** Bytes on disk below a directory. */
export async function directoryBytes(path: string): Promise<number> {
  let total = 0;
  let seen = 0;
  const waiting = [path];
  while (waiting.length > 0 && seen < MAX_FILES) {
    const directory = waiting.pop()!;
    for (const entry of await entriesOf(directory)) {
      seen += 1;
      const child = join(directory, entry.name);
      if (entry.isDirectory()) waiting.push(child);
      else total += await bytesOf(child);
    }
  }
  return total;
}

const isGone = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

async function entriesOf(directory: string) {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

async function bytesOf(path: string): Promise<number> {
  try {
    return (await lstat(path)).blocks * 512;
  } catch (error) {
    if (isGone(error)) return 0;
    throw error;
  }
}
