/**
 * Finds and ends the processes that live in given namespaces or control groups: whatever they are called and whoever started them.
 */
import { readdir, readlink, stat } from 'node:fs/promises';
import { systemClock } from '#base/clock.ts';
import { isPinned } from '#network/namespaces.ts';
import { identify, isMissing } from '../cluster/processes.ts';
import { processesIn } from './cgroups.ts';

/** What marks processes as belonging to a node. */
export interface ProcessHome {
  /** Files that pin namespaces; absent files match nothing. */
  readonly namespaces: readonly string[];
  readonly cgroup: string;
}

const POLL_MS = 10;
/** A process that is still there after so long is stuck in the kernel. */
const MAX_WAIT_MS = 10_000;

/** Kills every process there and waits until all are gone; new ones that appear meanwhile are killed as well. */
export async function endProcessesIn(home: ProcessHome, signal: AbortSignal): Promise<void> {
  const deadline = systemClock.monotonicMs() + MAX_WAIT_MS;
  for (;;) {
    const pids = await findProcesses(home);
    if (pids.length === 0) return;
    if (systemClock.monotonicMs() > deadline) throw new Error(`processes ${pids.join(', ')} do not end although they were killed`);
    for (const pid of pids) kill(pid);
    await systemClock.sleep(POLL_MS, signal);
  }
}

/** Ids of the live processes there (zombies do not count), never our own. */
export async function findProcesses(home: ProcessHome): Promise<number[]> {
  const wanted = new Set<string>();
  for (const path of home.namespaces) {
    const inode = await namespaceInode(path);
    if (inode !== undefined) wanted.add(inode);
  }
  const found = await processesIn(home.cgroup);
  if (wanted.size > 0) for (const pid of await processesInNamespaces(wanted)) found.add(pid);
  return [...found].filter((pid) => pid !== process.pid && identify(pid) !== undefined);
}

async function processesInNamespaces(wanted: ReadonlySet<string>): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const matches = await Promise.all(
    pids.map(async (pid) => {
      const links = await Promise.all(['net', 'mnt'].map((kind) => readLink(`/proc/${pid}/ns/${kind}`)));
      return links.some((link) => link !== undefined && wanted.has(/\d+/.exec(link)?.[0] ?? ''));
    }),
  );
  return pids.filter((_, index) => matches[index]).map(Number);
}

async function namespaceInode(path: string): Promise<string | undefined> {
  return (await isPinned(path)) ? String((await stat(path)).ino) : undefined;
}

async function readLink(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (error) {
    // EACCES and EPERM: kernel threads and processes of stricter owners are not ours.
    if (isMissing(error) || ['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
