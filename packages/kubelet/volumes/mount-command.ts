/**
 * Mounts, through the system's own `mount` and `umount`: they must run in the mount namespace that the runtime uses.
 */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';

function run(file: string, args: readonly string[], signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'], signal });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk.toString().slice(0, 2000);
  });
  child.on('error', reject);
  child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`${file} ${args.join(' ')}: ${complaint.trim() || `exit code ${code}`}`))));
  return promise;
}

/** Mounts a memory-backed filesystem; `sizeBytes` 0 leaves the kernel's own limit. */
export function mountTmpfs(path: string, sizeBytes: number, signal: AbortSignal): Promise<void> {
  const options = sizeBytes > 0 ? ['-o', `size=${sizeBytes}`] : [];
  return run('mount', ['-t', 'tmpfs', ...options, 'tmpfs', path], signal);
}

/** Unmounts, also while something still uses it. */
export function unmount(path: string, signal: AbortSignal): Promise<void> {
  return run('umount', ['-l', path], signal);
}

/** The octal escapes of mount tables. */
const unescape = (text: string): string => text.replaceAll(/\\([0-7]{3})/g, (_all, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

/** Paths on which something is mounted, in order of mounting. */
export async function mountPoints(): Promise<string[]> {
  const table = await readFile('/proc/self/mountinfo', 'utf8');
  return table
    .split('\n')
    .map((line) => unescape(line.split(' ')[4] ?? ''))
    .filter((path) => path !== '');
}
