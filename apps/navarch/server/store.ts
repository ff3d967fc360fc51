/**
 * Opens the store that a configuration names.
 */
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '#base/log.ts';
import { checkBackup, readBackup } from '#store/backup.ts';
import { openEmbeddedStore } from '#store/embedded/embedded-store.ts';
import type { EtcdTls } from '#store/etcd/etcd-client.ts';
import { type EtcdStoreOptions, openEtcdStore } from '#store/etcd/etcd-store.ts';
import type { StoreImage } from '#store/image.ts';
import { openMemoryStore } from '#store/memory/memory-store.ts';
import { restoredAfter } from '#store/restore.ts';
import { type KeyValue, type Store, StoreUnavailableError } from '#store/store.ts';
import { UserError } from '../cluster/spec.ts';
import type { StoreChoice } from '../store-flags.ts';

/** Where a server keeps objects when nothing else is said. */
export const DEFAULT_STORE: StoreChoice = { engine: 'embedded' };

/** The directory of the embedded engine in a server's own. */
export function storeDirectory(directory: string): string {
  return join(directory, 'store');
}

async function readPem(flag: string, file: string | undefined): Promise<string | undefined> {
  try {
    return file === undefined ? undefined : await readFile(file, 'utf8');
  } catch (error) {
    throw new UserError(`${flag}: ${(error as Error).message}`);
  }
}

/** How the etcd of `choice` is reached. @throws UserError when a file cannot be read. */
export async function etcdOptions({ endpoints = [], caFile, certFile, keyFile, prefix = '' }: StoreChoice): Promise<EtcdStoreOptions> {
  const [ca, cert, key] = [await readPem('--etcd-cafile', caFile), await readPem('--etcd-certfile', certFile), await readPem('--etcd-keyfile', keyFile)];
  const tls: EtcdTls = { ...(ca === undefined ? {} : { ca }), ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) };
  return { endpoints, prefix, tls };
}

/** What a backup holds. @throws UserError */
async function imageFrom(file: string): Promise<StoreImage> {
  try {
    const { revision } = await checkBackup(createReadStream(file));
    const now = restoredAfter(revision);
    const items: KeyValue[] = [];
    for await (const item of readBackup(createReadStream(file))) if ('key' in item) items.push({ ...item, createRevision: now, modRevision: now });
    return { revision: now, items };
  } catch (error) {
    throw new UserError(`${file} cannot be restored: ${(error as Error).message}`);
  }
}

/** Opens it. @throws UserError that says what to do */
export async function openStore(choice: StoreChoice, directory: string, log: Logger): Promise<Store> {
  try {
    return await open(choice, directory, log);
  } catch (error) {
    throw error instanceof StoreUnavailableError ? new UserError(error.message) : error;
  }
}

async function open(choice: StoreChoice, directory: string, log: Logger): Promise<Store> {
  switch (choice.engine) {
    case 'embedded':
      return openEmbeddedStore({ directory: storeDirectory(directory) });
    case 'memory':
      return choice.restoreFrom === undefined ? openMemoryStore() : openMemoryStore({ image: await imageFrom(choice.restoreFrom) });
    case 'etcd':
      return openEtcdStore({ ...(await etcdOptions(choice)), log });
  }
}
