/**
 * Lock files: the file is there, with its holder in it, or it is not; nobody sees it half written.
 */
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { identify, isMissing, type ProcessId } from './processes.ts';

/** Makes the lock file naming this process; false when there is one already. */
export async function tryLockFile(path: string, mode: number): Promise<boolean> {
  const staging = `${path}.${process.pid}.${crypto.randomUUID()}`;
  try {
    await writeFile(staging, JSON.stringify(identify(process.pid)), { mode, flag: 'wx' });
    await link(staging, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    await rm(staging, { force: true });
  }
}

/** The process named in the lock file; undefined when the file is gone or names none (a crash of the machine may leave it empty). */
export async function lockHolder(path: string): Promise<ProcessId | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ProcessId;
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
