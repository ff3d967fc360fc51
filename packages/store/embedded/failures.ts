/**
 * What the disk and SQLite may refuse, in words that say what to do.
 */
import { StoreUnavailableError } from '../store.ts';

/** SQLite's primary result codes that a person can do something about. Source: https://www.sqlite.org/rescode.html */
const BUSY = 5;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;
/** An extended result code holds the primary one in its lowest byte. */
const PRIMARY = 0xff;

function sqliteCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  return typeof code === 'number' ? code & PRIMARY : undefined;
}

/** Whether the engine can go on after `error`: a full disk undoes the transaction and may get free again; after anything else the state on disk is uncertain. */
export function isTransient(error: unknown): boolean {
  return sqliteCode(error) === FULL;
}

/** Explains `error`, which working on the store in `directory` met. `holder` is the process that last said it held the lock. */
export function explain(error: unknown, directory: string, holder?: number): StoreUnavailableError {
  const detail = error instanceof Error ? error.message : String(error);
  const unavailable = (text: string): StoreUnavailableError => new StoreUnavailableError(`${text} (${detail})`, error);
  switch (sqliteCode(error)) {
    case BUSY:
      return unavailable(
        `another process${holder === undefined ? '' : ` (pid ${holder})`} is using the store in ${directory}: stop it, or choose another directory`,
      );
    case READONLY:
      return unavailable(`the store in ${directory} cannot be written: make the directory, its files and its file system writable`);
    case CANTOPEN:
      return unavailable(`the store in ${directory} cannot be opened: check that the directory belongs to this user and is writable`);
    case FULL:
      return unavailable(`no space is left for the store in ${directory}: free some on its disk, or raise its quota`);
    case CORRUPT:
    case NOTADB:
      return unavailable(`the store in ${directory} is damaged: restore a backup, or move the directory away to start empty`);
    case IOERR:
      return unavailable(`the disk below the store in ${directory} fails: check the disk, then start again`);
    default:
      return unavailable(`the store in ${directory} failed`);
  }
}
