/**
 * Opens the store that a configuration names.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '#base/log.ts';
import { openEmbeddedStore } from '#store/embedded/embedded-store.ts';
import type { EtcdTls } from '#store/etcd/etcd-client.ts';
import { type EtcdStoreOptions, openEtcdStore } from '#store/etcd/etcd-store.ts';
import { openMemoryStore } from '#store/memory/memory-store.ts';
import type { Store } from '#store/store.ts';
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

/** Opens it. @throws StoreUnavailableError, UserError */
export async function openStore(choice: StoreChoice, directory: string, log: Logger): Promise<Store> {
  switch (choice.engine) {
    case 'embedded':
      return openEmbeddedStore({ directory: storeDirectory(directory) });
    case 'memory':
      return openMemoryStore();
    case 'etcd':
      return openEtcdStore({ ...(await etcdOptions(choice)), log });
  }
}
