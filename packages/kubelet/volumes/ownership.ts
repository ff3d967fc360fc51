/**
 * Gives a volume to the pod's `fsGroup`.
 *
 * Source: kubernetes `pkg/volume/volume_linux.go` SetVolumeOwnership.
 */
import { chmod, lchown, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const READ_WRITE = 0o660;
const READ_ONLY = 0o440;
const EXECUTE = 0o110;
const SET_GID = 0o2000;

/** Whether the top of the volume already is as it should be. */
async function topIsOwned(path: string, fsGroup: number, mask: number): Promise<boolean> {
  const { gid, mode } = await lstat(path);
  const wanted = mask | EXECUTE | SET_GID;
  return gid === fsGroup && (mode & wanted) === wanted;
}

/** Changes group and permissions of everything in the volume; with `onlyOnMismatch` not when its top is right already. */
export async function giveToGroup(path: string, fsGroup: number, options: { readonly readOnly: boolean; readonly onlyOnMismatch: boolean }): Promise<void> {
  const mask = options.readOnly ? READ_ONLY : READ_WRITE;
  if (options.onlyOnMismatch && (await topIsOwned(path, fsGroup, mask))) return;
  await give(path, fsGroup, mask);
}

async function give(path: string, fsGroup: number, mask: number): Promise<void> {
  const found = await lstat(path);
  await lchown(path, found.uid, fsGroup);
  if (found.isSymbolicLink()) return;
  await chmod(path, (found.mode & 0o7777) | mask | (found.isDirectory() ? EXECUTE | SET_GID : 0));
  if (!found.isDirectory()) return;
  for (const name of await readdir(path)) await give(join(path, name), fsGroup, mask);
}
