/**
 * One change at a time to a thing on this machine, across processes: whoever comes second waits.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '#base/clock.ts';
import { lockHolder, tryLockFile } from '../cluster/lock-file.ts';
import { isAlive } from '../cluster/processes.ts';
import { RUN_ROOT } from './names.ts';

const LOCKS = join(RUN_ROOT, '.locks');
const POLL_MS = 10;

/** Runs `task` while no other holder of `name` runs; a lock whose holder died is taken over. */
export async function exclusively<T>(name: string, task: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const path = join(LOCKS, name);
  await mkdir(LOCKS, { recursive: true, mode: 0o755 });
  while (!(await take(path))) await systemClock.sleep(POLL_MS, signal);
  try {
    return await task();
  } finally {
    await rm(path, { force: true });
  }
}

async function take(path: string): Promise<boolean> {
  if (await tryLockFile(path, 0o644)) return true;
  const holder = await lockHolder(path);
  if (holder && !isAlive(holder)) await rm(path, { force: true });
  return false;
}
