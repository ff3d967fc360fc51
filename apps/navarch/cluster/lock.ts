/**
 * One command at a time changes a cluster: an exclusive lock file naming its holder. A lock whose holder is gone is taken over.
 */
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { lockHolder, tryLockFile } from './lock-file.ts';
import { isAlive } from './processes.ts';
import { UserError } from './spec.ts';

/** Takes the lock until disposed. @throws UserError when another live command holds it. */
export async function lockCluster(path: string): Promise<AsyncDisposable> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  for (let attempt = 0; attempt < 2; attempt++) {
    if (await tryLockFile(path, 0o600)) return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
    const holder = await lockHolder(path);
    if (isAlive(holder)) throw new UserError(`another navarch command (pid ${holder!.pid}) is changing this cluster; wait for it to end`);
    await rm(path, { force: true });
  }
  throw new UserError(`the lock ${path} could not be taken; remove it when no other navarch command runs`);
}
