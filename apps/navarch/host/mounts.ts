/**
 * The one mount on the host itself: pinned mount namespaces need a parent mount that does not propagate.
 */
import { readFile } from 'node:fs/promises';
import { runCommand } from '#network/command.ts';

/** Makes `path` a private mount of itself, once. */
export async function ensurePrivateMount(path: string, signal: AbortSignal): Promise<void> {
  if (await isMountPoint(path)) return;
  await runCommand({ file: 'mount', args: ['--bind', path, path] }, {}, signal);
  await runCommand({ file: 'mount', args: ['--make-private', path] }, {}, signal);
}

/** Undoes `ensurePrivateMount`. */
export async function releasePrivateMount(path: string, signal: AbortSignal): Promise<void> {
  if (await isMountPoint(path)) await runCommand({ file: 'umount', args: ['-l', path] }, {}, signal);
}

/** Mount points in this mount namespace, as the kernel lists them. */
export async function mountPoints(): Promise<string[]> {
  const text = await readFile('/proc/self/mountinfo', 'utf8');
  return text.split('\n').flatMap((line) => line.split(' ')[4] ?? []);
}

async function isMountPoint(path: string): Promise<boolean> {
  return (await mountPoints()).includes(path);
}
