/**
 * Opens the store's SQLite file.
 *
 *     versions  one row per write, numbered revision * 1024 + position: history in order, and where the values are
 *     keys      one row per key: its newest version; each version names the one before it
 *     state     one row: how far compaction was asked to go, and how far it has got
 */
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreUnavailableError, type Revision } from '../store.ts';
import { explain } from './failures.ts';

const FILE = 'store.db';
const HOLDER_FILE = 'store.pid';

/** "NVRC": tells our file from any other SQLite file. */
const APPLICATION_ID = 0x4e565243;
const SCHEMA_VERSION = 1;

/** The unit in which the file grows. */
export const PAGE_BYTES = 4_096;
/** Few pages are read twice: the caches above the store hold every object. */
const CACHE_KIBIBYTES = 2_048;
/** The log is folded into the file whenever it has grown to 4 MB; longer logs make longer pauses, shorter ones more of them. */
const CHECKPOINT_PAGES = 1_000;

const SCHEMA = `
  CREATE TABLE versions (
    id INTEGER PRIMARY KEY,
    previous INTEGER NOT NULL,
    create_revision INTEGER NOT NULL,
    key TEXT NOT NULL,
    value BLOB
  ) STRICT;
  CREATE TABLE keys (
    key TEXT PRIMARY KEY,
    id INTEGER NOT NULL,
    create_revision INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE state (
    compact_revision INTEGER NOT NULL,
    cleaned_id INTEGER NOT NULL
  ) STRICT;
  INSERT INTO state VALUES (0, 0);
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** Where a store lives and how big it may get. */
export interface DatabaseOptions {
  readonly directory: string;
  /** The most bytes that the file may have, its log aside. */
  readonly quotaBytes: number;
  /** A store that has never been written to goes on after this revision, as if what came before had been compacted. */
  readonly startAfter?: Revision;
}

/**
 * Opens the file, taking its lock, or makes it.
 * @throws StoreUnavailableError
 */
export function openDatabase({ directory, quotaBytes }: DatabaseOptions): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const path = join(directory, FILE);
    // SQLite would create the file readable for all; its log inherits the mode.
    closeSync(openSync(path, 'a', 0o600));
    db = new DatabaseSync(path, { timeout: 0 });
    configure(db, quotaBytes);
    writeFileSync(join(directory, HOLDER_FILE), `${process.pid}\n`, { mode: 0o600 });
    return db;
  } catch (error) {
    db?.close();
    if (error instanceof StoreUnavailableError) throw error;
    throw explainOpening(error, directory);
  }
}

function configure(db: DatabaseSync, quotaBytes: number): void {
  // In exclusive mode the lock is held until the process ends, however it ends, and the log needs no shared memory file.
  db.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    PRAGMA cache_size = -${CACHE_KIBIBYTES}; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}; PRAGMA max_page_count = ${Math.floor(quotaBytes / PAGE_BYTES)};
    PRAGMA foreign_keys = OFF; PRAGMA trusted_schema = OFF; BEGIN EXCLUSIVE`);
  const version = pragma(db, 'user_version');
  const application = pragma(db, 'application_id');
  if (version === 0 && application === 0 && pragma(db, 'schema_version') === 0) db.exec(SCHEMA);
  else if (application !== APPLICATION_ID) throw new StoreUnavailableError(`${FILE} is not a Navarch store: choose another directory`);
  else if (version !== SCHEMA_VERSION)
    throw new StoreUnavailableError(
      `the store was written by another version of Navarch (format ${String(version)}, this one reads ${SCHEMA_VERSION}): use that version`,
    );
  db.exec('COMMIT');
}

function pragma(db: DatabaseSync, name: string): unknown {
  return db.prepare(`PRAGMA ${name}`).get()?.[name];
}

function explainOpening(error: unknown, directory: string): StoreUnavailableError {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ERR_SQLITE_ERROR') return explain(error, directory, readHolder(directory));
  const text = error instanceof Error ? error.message : String(error);
  return new StoreUnavailableError(`the store's directory ${directory} cannot be used: check that it can be created and written (${text})`, error);
}

function readHolder(directory: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(join(directory, HOLDER_FILE), 'utf8'), 10) || undefined;
  } catch {
    // Only a hint: without it the message names no process.
    return undefined;
  }
}
