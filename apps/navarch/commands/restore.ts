/**
 * `navarch restore`: a backup into a cluster that is stopped, or not there yet, or into an etcd that no server uses.
 */
import { createReadStream, existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { systemClock } from '#base/clock.ts';
import { BackupError, type BackupHeader, checkBackup } from '#store/backup.ts';
import { openEmbeddedStore } from '#store/embedded/embedded-store.ts';
import { restoreEtcdStore } from '#store/etcd/etcd-store.ts';
import { loadBackup, restoredAfter } from '#store/restore.ts';
import { type Revision, StoreUnavailableError } from '#store/store.ts';
import { inspectCluster } from '../cluster/inspect.ts';
import { lockCluster } from '../cluster/lock.ts';
import type { Environment } from '../cluster/paths.ts';
import { createDirectories, readSpec, UserError } from '../cluster/spec.ts';
import { DEFAULT_STORE, etcdOptions, storeDirectory } from '../server/store.ts';
import { storeChoice, type StoreChoice, type StoreFlags } from '../store-flags.ts';

/** The flags of `navarch restore`. */
export interface RestoreFlags extends StoreFlags {
  readonly name: string;
  /** Of a stopped `navarch server`. */
  readonly dataDir?: string;
  readonly force?: boolean;
}

/** Restores `file`. @throws UserError */
export async function restore(environment: Environment, file: string, flags: RestoreFlags): Promise<void> {
  try {
    const header = await checkFile(file);
    const choice = storeChoice(flags, '/navarch');
    if (choice?.engine === 'etcd') await intoEtcd(file, header, choice, flags.force ?? false);
    else if (flags.dataDir !== undefined) await intoDirectory(file, header, flags.dataDir, flags.force ?? false);
    else await intoCluster(environment, file, header, flags);
    console.log(`${file}, made at ${header.madeAt}, is restored: ${header.keys} keys`);
  } catch (error) {
    throw error instanceof StoreUnavailableError ? new UserError(error.message) : error;
  }
}

async function checkFile(file: string): Promise<BackupHeader> {
  try {
    return await checkBackup(createReadStream(file));
  } catch (error) {
    if (error instanceof BackupError) throw new UserError(`${file} cannot be restored: ${error.message}`);
    throw new UserError(`${file} cannot be read: ${(error as Error).message}`);
  }
}

async function intoCluster(environment: Environment, file: string, header: BackupHeader, { name, force = false }: RestoreFlags): Promise<void> {
  const state = await inspectCluster(environment, name);
  if (state?.server?.running || state?.supervisor?.running) throw new UserError(`cluster "${name}" runs; stop it first: navarch down --name ${name}`);
  const paths = await createDirectories(environment, name, undefined);
  await using _lock = await lockCluster(paths.lock);
  const choice = (await readSpec(paths))?.store ?? DEFAULT_STORE;
  if (choice.engine === 'etcd') await intoEtcd(file, header, choice, force);
  else await intoDirectory(file, header, paths.directory, force);
}

async function intoEtcd(file: string, header: BackupHeader, choice: StoreChoice, replace: boolean): Promise<void> {
  await restoreEtcdStore(await etcdOptions(choice), { after: restoredAfter(header.revision), replace }, (store) => loadBackup(store, createReadStream(file)));
}

/** Fills a store beside the one that is there, and puts it in its place when it is whole. */
async function intoDirectory(file: string, header: BackupHeader, directory: string, force: boolean): Promise<void> {
  const place = storeDirectory(directory);
  const before = await presentRevision(place);
  if (before > 0 && !force) throw new UserError(`${place} holds objects; say --force to put the backup in their place (they are kept beside it)`);
  const filling = `${place}.restoring`;
  await rm(filling, { recursive: true, force: true });
  {
    // Clients may have seen what the present store holds, too.
    await using store = await openEmbeddedStore({ directory: filling, startAfter: restoredAfter(Math.max(header.revision, before)) });
    await loadBackup(store, createReadStream(file));
  }
  if (existsSync(place)) await putAside(place, before);
  await rename(filling, place);
}

/** The revision of the store at `place`; 0: there is none, or nothing in it. @throws StoreUnavailableError when a server uses it */
async function presentRevision(place: string): Promise<Revision> {
  if (!existsSync(place)) return 0;
  await using store = await openEmbeddedStore({ directory: place });
  return store.currentRevision();
}

async function putAside(place: string, revision: Revision): Promise<void> {
  if (revision === 0) await rm(place, { recursive: true });
  else {
    const aside = `${place}.before-${new Date(systemClock.now()).toISOString().replaceAll(/[-:]|\.\d+/g, '')}`;
    await rename(place, aside);
    console.log(`the objects that were there are kept in ${aside}`);
  }
}
