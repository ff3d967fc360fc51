/**
 * Linux namespaces kept alive by a file: how to enter them and whether a file is one.
 */
import { statfs } from 'node:fs/promises';
import type { CommandLine } from './command.ts';

/** Files that pin namespaces. */
export interface NamespaceFiles {
  readonly net?: string;
  readonly mount?: string;
  readonly uts?: string;
}

/** `NSFS_MAGIC`: the file system type of a namespace file. */
const NSFS_MAGIC = 0x6e736673;

/** The command that runs `command` inside the namespaces. It replaces itself, so the process id stays. */
export function entering(namespaces: NamespaceFiles, command: CommandLine): CommandLine {
  const args = Object.entries(namespaces).map(([kind, file]) => `--${kind}=${String(file)}`);
  return { file: 'nsenter', args: [...args, '--', command.file, ...command.args] };
}

/** Whether a namespace is pinned at `path`: a leftover empty file, or none, is no namespace. */
export async function isPinned(path: string): Promise<boolean> {
  try {
    return (await statfs(path)).type === NSFS_MAGIC;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
