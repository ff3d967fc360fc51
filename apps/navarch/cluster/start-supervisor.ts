/**
 * Starts the supervisor as a process of its own that outlives the command.
 */
import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { ownCommand, SMALL_HEAP } from './own-command.ts';
import type { ClusterPaths } from './paths.ts';

/** Spawns `navarch supervise`; it writes its own identity into the process table. */
export async function startSupervisor(paths: ClusterPaths, name: string): Promise<void> {
  const log = await open(join(paths.logs, 'supervisor.log'), 'a', 0o600);
  try {
    const { file, args } = ownCommand(['supervise', '--name', name], SMALL_HEAP);
    const child = spawn(file, args, { detached: true, stdio: ['ignore', log.fd, log.fd] });
    child.unref();
  } finally {
    await log.close();
  }
}
