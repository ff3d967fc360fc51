/**
 * Control groups of a node, in every hierarchy of version 1 and in version 2.
 */
import { readFile, readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '#base/clock.ts';
import { isMissing } from '../cluster/processes.ts';
import { listDirectory } from './files.ts';

const CGROUP_ROOT = '/sys/fs/cgroup';
/** The kernel takes a moment to let go of the last process. */
const BUSY_RETRY_MS = 10;
const BUSY_TRIES = 200;

/** Directories that may hold `group`: the root of version 2 and the hierarchies of version 1. */
async function hierarchies(group: string): Promise<string[]> {
  const entries = await listDirectory(CGROUP_ROOT);
  return [CGROUP_ROOT, ...entries.map((entry) => join(CGROUP_ROOT, entry))].map((root) => join(root, group));
}

/** Ids of all processes in the group and the groups below it. */
export async function processesIn(group: string): Promise<Set<number>> {
  const found = new Set<number>();
  for (const directory of await hierarchies(group)) {
    for (const path of await tree(directory)) {
      for (const pid of (await readIfPresent(join(path, 'cgroup.procs'))).split('\n')) if (pid) found.add(Number(pid));
    }
  }
  return found;
}

/** Removes the group and all below it; its processes must have ended. Empty parents below `/navarch` go as well. */
export async function removeControlGroups(group: string, signal: AbortSignal): Promise<void> {
  for (const directory of await hierarchies(group)) {
    const paths = await tree(directory);
    for (const path of paths) await removeGroup(path, signal);
    if (paths.length === 0) continue;
    for (let parent = join(directory, '..'); parent.includes('/navarch'); parent = join(parent, '..')) {
      if ((await tree(parent)).length > 1) break;
      await removeGroup(parent, signal);
    }
  }
}

async function removeGroup(path: string, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await rmdir(path);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return;
      if (code !== 'EBUSY' || attempt >= BUSY_TRIES) throw error;
    }
    await systemClock.sleep(BUSY_RETRY_MS, signal);
  }
}

/** The directory and all below it, deepest first; empty when it is absent. */
async function tree(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    const below: string[] = [];
    for (const entry of entries) if (entry.isDirectory()) below.push(...(await tree(join(directory, entry.name))));
    return [...below, directory];
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

async function readIfPresent(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    // ENODEV: the group went away between listing and reading.
    if (isMissing(error) || (error as NodeJS.ErrnoException).code === 'ENODEV') return '';
    throw error;
  }
}
