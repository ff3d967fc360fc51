/**
 * One command at a time changes a cluster: an exclusive lock file naming its holder. A lock whose holder is gone is taken over.
 */
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { identify, isAlive, isMissing, type ProcessId } from './processes.ts';
import { UserError } from './spec.ts';

/** Takes the lock until disposed. @throws UserError when another live command holds it. */
export async function lockCluster(path: string): Promise<AsyncDisposable> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const file = await open(path, 'wx', 0o600);
      await file.writeFile(JSON.stringify(identify(process.pid)));
      await file.close();
      return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = await readHolder(path);
    if (isAlive(holder)) throw new UserError(`another navarch command (pid ${holder!.pid}) is changing this cluster; wait for it to end`);
    await rm(path, { force: true });
  }
  throw new UserError(`the lock ${path} could not be taken; remove it when no other navarch command runs`);
}

async function readHolder(path: string): Promise<ProcessId | undefined> {
  try {
    const text = await readFile(path, 'utf8');
    return text ? (JSON.parse(text) as ProcessId) : undefined;
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
