/**
 * One change at a time to a thing on this machine, across processes: whoever comes second waits.
 */
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '#base/clock.ts';
import { identify, isAlive, isMissing, type ProcessId } from '../cluster/processes.ts';
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
  try {
    const file = await open(path, 'wx', 0o644);
    await file.writeFile(JSON.stringify(identify(process.pid)));
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const holder = await readHolder(path);
  if (holder !== 'writing' && !isAlive(holder)) await rm(path, { force: true });
  return false;
}

/** `writing`: the file is there but its content is not yet. */
async function readHolder(path: string): Promise<ProcessId | 'writing' | undefined> {
  try {
    const text = await readFile(path, 'utf8');
    return text === '' ? 'writing' : (JSON.parse(text) as ProcessId);
  } catch (error) {
    if (isMissing(error)) return 'writing';
    throw error;
  }
}
