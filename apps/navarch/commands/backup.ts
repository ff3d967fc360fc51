/**
 * `navarch backup`: everything that is stored, as one file, while the cluster runs or while it is stopped.
 */
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { readFile, rename, rm, stat } from 'node:fs/promises';
import { get } from 'node:https';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BACKUP_PATH } from '#apiserver/endpoints/backup.ts';
import { systemClock } from '#base/clock.ts';
import { silentLogger } from '#base/log.ts';
import { transportOptions } from '#client/connect.ts';
import { parseKubeconfig } from '#client/kubeconfig.ts';
import { formatTime } from '#machinery/time.ts';
import { BackupError, checkBackup, writeBackup } from '#store/backup.ts';
import { StoreUnavailableError } from '#store/store.ts';
import { inspectCluster } from '../cluster/inspect.ts';
import type { Environment } from '../cluster/paths.ts';
import { pathsOf, readSpec, UserError } from '../cluster/spec.ts';
import { DEFAULT_STORE, openStore } from '../server/store.ts';
import { storeChoice, type StoreChoice, type StoreFlags } from '../store-flags.ts';

/** The flags of `navarch backup`. */
export interface BackupFlags extends StoreFlags {
  readonly name: string;
  /** Of an administrator of a running server, wherever it is. */
  readonly kubeconfig?: string;
  /** Of a stopped `navarch server`. */
  readonly dataDir?: string;
  readonly force?: boolean;
}

const MEGABYTE = 1e6;

/** Writes a backup to `file`. @throws UserError */
export async function backup(environment: Environment, file: string, flags: BackupFlags): Promise<void> {
  if (existsSync(file) && !flags.force) throw new UserError(`${file} exists; choose another name, or say --force`);
  const partial = `${file}.partial`;
  try {
    await writeTo(partial, await sourceOf(environment, flags));
    const { revision, keys } = await checkBackup(createReadStream(partial));
    await rename(partial, file);
    console.log(`${file}: ${keys} keys at revision ${revision}, ${((await stat(file)).size / MEGABYTE).toFixed(1)} MB`);
  } catch (error) {
    await rm(partial, { force: true });
    if (error instanceof BackupError) throw new UserError(`the backup did not arrive whole (${error.message}); look into the server's log, and try again`);
    throw error instanceof StoreUnavailableError ? new UserError(error.message) : error;
  }
}

async function writeTo(file: string, source: AsyncIterable<Uint8Array>): Promise<void> {
  // It holds every secret of the cluster.
  await pipeline(source, createWriteStream(file, { mode: 0o600, flush: true }));
}

/** Where the bytes come from: a running server, or a store that nobody uses. */
async function sourceOf(environment: Environment, flags: BackupFlags): Promise<AsyncIterable<Uint8Array>> {
  if (flags.kubeconfig !== undefined) return fromServer(flags.kubeconfig);
  const choice = storeChoice(flags, '/navarch');
  if (choice?.engine === 'etcd') return fromStore(choice, '');
  if (flags.dataDir !== undefined) return fromStore(DEFAULT_STORE, flags.dataDir);
  const paths = await pathsOf(environment, flags.name);
  const state = await inspectCluster(environment, flags.name);
  if (!state) throw new UserError(`there is no cluster "${flags.name}"; for a server that was started by itself say --kubeconfig FILE`);
  if (state.server?.running) return fromServer(paths.kubeconfig);
  const spec = await readSpec(paths);
  return fromStore(spec?.store ?? DEFAULT_STORE, paths.directory);
}

async function* fromStore(choice: StoreChoice, directory: string): AsyncGenerator<Uint8Array, void, undefined> {
  if (choice.engine === 'embedded' && !existsSync(join(directory, 'store'))) throw new UserError(`there is no store in ${directory}`);
  await using store = await openStore(choice, directory, silentLogger);
  yield* writeBackup(store, formatTime(systemClock.now()));
}

/** How the server of a kubeconfig is reached. @throws UserError */
async function connectionOf(kubeconfig: string): ReturnType<typeof transportOptions> {
  try {
    const config = parseKubeconfig(await readFile(kubeconfig, 'utf8'), dirname(kubeconfig));
    return await transportOptions(config, { userAgent: 'navarch-backup', clock: systemClock });
  } catch (error) {
    throw new UserError(`the kubeconfig ${kubeconfig} cannot be used: ${(error as Error).message}`);
  }
}

async function fromServer(kubeconfig: string): Promise<AsyncIterable<Uint8Array>> {
  const { server, ca, cert, key, token, serverName } = await connectionOf(kubeconfig);
  const headers = token ? { authorization: `Bearer ${await token()}` } : {};
  return new Promise((resolve, reject) => {
    const asked = get(new URL(BACKUP_PATH, server), { agent: false, ca, cert, key, servername: serverName, headers }, (response) => {
      if (response.statusCode === 200) resolve(response);
      else void explain(response).then((message) => reject(new UserError(`the server at ${server.host} gives no backup: ${message}`)));
    });
    asked.on('error', (error) => reject(new UserError(`the server at ${server.host} does not answer: ${error.message}`)));
  });
}

async function explain(response: Readable): Promise<string> {
  let text = '';
  for await (const piece of response.setEncoding('utf8')) text += String(piece);
  try {
    return (JSON.parse(text) as { message: string }).message;
  } catch {
    return text.slice(0, 200);
  }
}
