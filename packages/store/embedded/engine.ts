/**
 * The multi-version store on SQLite, synchronous: it runs in a thread of its own. Every method does a bounded amount of work, so that commits never wait long behind it.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { prefixEnd } from '../keys.ts';
import type { Revision } from '../store.ts';
import { MAX_WRITES_PER_COMMIT } from '../writes.ts';
import { openDatabase, PAGE_BYTES, type DatabaseOptions } from './database.ts';
import { NONE, VersionPacker, type CommitGroup, type CommitGroupResult, type CountStep, type HistoryStep, type RangeStep } from './packed.ts';

/** Bytes of values after which a step ends. */
const STEP_BYTES = 256 * 1_024;
/** Keys that one step of a range looks at. */
const RANGE_STEP_KEYS = 1_000;
/** Keys that one step of a count looks at. */
const COUNT_STEP_KEYS = 5_000;
/** Revisions that one step of history covers. */
const HISTORY_STEP_REVISIONS = 1_000;
/** Versions that one step of compaction looks at. */
const COMPACT_STEP_VERSIONS = 250;

/** SQLite hands out an empty value as null. */
const EMPTY = new Uint8Array(0);

const KEY_RANGE = 'key >= ?1 AND (?2 IS NULL OR key < ?2)';

/** Where a store stands when it is opened. */
export interface EngineState {
  readonly revision: Revision;
  readonly compactRevision: Revision;
}

/** A row of `versions` without its value, in the order of its statement. */
type VersionRow = [id: number, previous: number, createRevision: Revision];
/** A row of `keys`. */
type KeyRow = [key: string, id: number, createRevision: Revision];

function firstId(revision: Revision): number {
  return revision * MAX_WRITES_PER_COMMIT;
}

function revisionOf(id: number): Revision {
  return Math.floor(id / MAX_WRITES_PER_COMMIT);
}

/** The store's file with its statements. */
export class Engine {
  readonly #db: DatabaseSync;
  readonly #statements: ReturnType<typeof prepareAll>;
  #revision: Revision;
  #compactRevision: Revision;
  #cleanedId: number;

  /** @throws StoreUnavailableError */
  constructor(options: DatabaseOptions) {
    this.#db = openDatabase(options);
    this.#statements = prepareAll(this.#db);
    const [newest] = this.#statements.newest.get() as unknown as [number];
    if (options.startAfter !== undefined && newest === 0) this.#statements.setState.run(options.startAfter, firstId(options.startAfter));
    const [compactRevision, cleanedId] = this.#statements.state.get() as unknown as [number, number];
    this.#compactRevision = compactRevision;
    this.#cleanedId = cleanedId;
    // The newest version may itself have been compacted away, if it was a deletion.
    this.#revision = Math.max(revisionOf(newest), compactRevision);
  }

  /** Where the store stands. */
  state(): EngineState {
    return { revision: this.#revision, compactRevision: this.#compactRevision };
  }

  /** Applies commits one after the other in one durable transaction. */
  commit(group: CommitGroup): CommitGroupResult {
    const start = this.#revision;
    this.#statements.begin.run();
    try {
      const result = this.#apply(group);
      this.#statements.commit.run();
      return result;
    } catch (error) {
      this.#revision = start;
      if (this.#db.isTransaction) this.#statements.rollback.run();
      throw error;
    }
  }

  /** What `key` held at `revision`: one version or none. */
  get(key: string, revision: Revision): RangeStep {
    const versions = new VersionPacker();
    const current = this.#statements.key.get(key) as [number, Revision] | undefined;
    const found = current && this.#versionAt(current[0], current[1], revision);
    if (!found) return { keys: [], versions: versions.pack() };
    versions.add(found.createRevision, revisionOf(found.id), this.#value(found.id));
    return { keys: [key], versions: versions.pack() };
  }

  /** The keys that start with `prefix`, from `from` on, as of `revision`: at most `limit`, or fewer and where to go on. */
  range(prefix: string, from: string, limit: number, revision: Revision): RangeStep {
    const keys: string[] = [];
    const versions = new VersionPacker();
    let seen = 0;
    for (const [key, id, createRevision] of this.#statements.range.iterate(
      from,
      prefixEnd(prefix) ?? null,
    ) as Iterable<unknown> as Iterable<KeyRow>) {
      if (keys.length >= limit || seen >= RANGE_STEP_KEYS || versions.byteLength >= STEP_BYTES) return { keys, versions: versions.pack(), next: key };
      seen++;
      const found = this.#versionAt(id, createRevision, revision);
      if (!found) continue;
      keys.push(key);
      versions.add(found.createRevision, revisionOf(found.id), this.#value(found.id));
    }
    return { keys, versions: versions.pack() };
  }

  /** How many keys start with `prefix`, from `from` on, as of `revision`: some of them, and where to go on. */
  count(prefix: string, from: string, revision: Revision): CountStep {
    let count = 0;
    let seen = 0;
    for (const [key, id, createRevision] of this.#statements.range.iterate(
      from,
      prefixEnd(prefix) ?? null,
    ) as Iterable<unknown> as Iterable<KeyRow>) {
      if (seen++ >= COUNT_STEP_KEYS) return { count, next: key };
      if (this.#versionAt(id, createRevision, revision)) count++;
    }
    return { count };
  }

  /** The commits after `after` up to `until`, or some of them, as far as they touch keys below `prefix`. */
  history(prefix: string, after: Revision, until: Revision): HistoryStep {
    const keys: string[] = [];
    const versions = new VersionPacker();
    const previous = new VersionPacker();
    const last = Math.min(until, after + HISTORY_STEP_REVISIONS);
    let revision = after;
    const rows = this.#statements.history.iterate(prefix, prefixEnd(prefix) ?? null, firstId(after + 1), firstId(last + 1));
    for (const row of rows as Iterable<unknown> as Iterable<[number, number, Revision, string, Uint8Array | null]>) {
      const [id, previousId, createRevision, key, value] = row;
      if (revisionOf(id) !== revision && versions.byteLength + previous.byteLength >= STEP_BYTES)
        return { revision, keys, versions: versions.pack(), previous: previous.pack() };
      revision = revisionOf(id);
      keys.push(key);
      versions.add(createRevision, revision, createRevision > 0 ? (value ?? EMPTY) : null);
      const before = previousId > 0 ? this.#version(previousId) : undefined;
      if (before && before[2] > 0) previous.add(before[2], revisionOf(before[0]), this.#value(before[0]));
      else previous.addNone();
    }
    return { revision: last, keys, versions: versions.pack(), previous: previous.pack() };
  }

  /** Makes `revision` the oldest readable one; `clean` then frees the space. */
  compact(revision: Revision): void {
    if (revision <= this.#compactRevision) return;
    this.#statements.setState.run(revision, this.#cleanedId);
    this.#compactRevision = revision;
  }

  /** Drops some of the versions that compaction has made unreachable; false when none is left. */
  clean(): boolean {
    const rows = this.#statements.garbage.all(this.#cleanedId, firstId(this.#compactRevision + 1), COMPACT_STEP_VERSIONS) as unknown as [
      number,
      number,
      Revision,
      string,
    ][];
    const last = rows.at(-1);
    if (!last) return false;
    this.#statements.begin.run();
    try {
      for (const [id, previous, createRevision, key] of rows) {
        if (previous > 0) this.#statements.dropVersion.run(previous);
        if (createRevision > 0) continue;
        this.#statements.dropVersion.run(id);
        this.#statements.dropKey.run(key, id);
      }
      this.#statements.setState.run(this.#compactRevision, last[0]);
      this.#statements.commit.run();
    } catch (error) {
      if (this.#db.isTransaction) this.#statements.rollback.run();
      throw error;
    }
    this.#cleanedId = last[0];
    return rows.length === COMPACT_STEP_VERSIONS;
  }

  /** Bytes that the file takes, its log aside. */
  sizeBytes(): number {
    const [pages] = this.#statements.pages.get() as unknown as [number];
    return pages * PAGE_BYTES;
  }

  /** Folds the log into the file and lets go of it. */
  close(): void {
    this.#db.close();
  }

  #apply({ writeCounts, keys, expected, values }: CommitGroup): CommitGroupResult {
    const before = new VersionPacker();
    const revisions: Revision[] = [];
    const committed: boolean[] = [];
    let write = 0;
    let at = 0;
    for (const count of writeCounts) {
      const end = write + count;
      const current: ([id: number, createRevision: Revision] | undefined)[] = [];
      let accepted = true;
      for (let i = write; i < end; i++) {
        const row = this.#statements.key.get(keys[i]!) as [number, Revision] | undefined;
        current.push(row);
        const exists = row !== undefined && row[1] > 0;
        const modRevision = exists ? revisionOf(row[0]) : 0;
        if (exists) before.add(row[1], modRevision, this.#value(row[0]));
        else before.addNone();
        if (expected[i] !== NONE && expected[i] !== modRevision) accepted = false;
      }
      const revision = this.#revision + 1;
      let changes = 0;
      for (let i = write; i < end; i++) {
        const length = values.lengths[i]!;
        const [previous, createdAt] = current[i - write] ?? [0, 0];
        const value = length === NONE ? null : values.bytes.subarray(at, (at += length));
        if (!accepted || (value === null && createdAt === 0)) continue;
        const createRevision = value === null ? 0 : createdAt || revision;
        const id = firstId(revision) + changes++;
        this.#statements.addVersion.run(id, previous, createRevision, keys[i]!, value);
        this.#statements.setKey.run(keys[i]!, id, createRevision);
      }
      if (changes > 0) this.#revision = revision;
      revisions.push(this.#revision);
      committed.push(accepted);
      write = end;
    }
    return { revisions, committed, before: before.pack() };
  }

  /** The version that a key held at `revision`, given its newest one; `undefined` when the key did not exist then. */
  #versionAt(newestId: number, newestCreateRevision: Revision, revision: Revision): { id: number; createRevision: Revision } | undefined {
    const bound = firstId(revision + 1);
    if (newestId < bound) return newestCreateRevision > 0 ? { id: newestId, createRevision: newestCreateRevision } : undefined;
    let row = this.#version(newestId);
    while (row && row[0] >= bound) row = row[1] > 0 ? this.#version(row[1]) : undefined;
    return row && row[2] > 0 ? { id: row[0], createRevision: row[2] } : undefined;
  }

  #version(id: number): VersionRow | undefined {
    return this.#statements.version.get(id) as VersionRow | undefined;
  }

  #value(id: number): Uint8Array {
    const row = this.#statements.value.get(id) as unknown as [Uint8Array | null];
    return row[0] ?? EMPTY;
  }
}

function prepareAll(db: DatabaseSync) {
  const rows = (sql: string): StatementSync => {
    const statement = db.prepare(sql);
    statement.setReturnArrays(true);
    return statement;
  };
  return {
    begin: db.prepare('BEGIN IMMEDIATE'),
    commit: db.prepare('COMMIT'),
    rollback: db.prepare('ROLLBACK'),
    state: rows('SELECT compact_revision, cleaned_id FROM state'),
    setState: db.prepare('UPDATE state SET compact_revision = ?, cleaned_id = ?'),
    newest: rows('SELECT coalesce(max(id), 0) FROM versions'),
    key: rows('SELECT id, create_revision FROM keys WHERE key = ?'),
    setKey: db.prepare(
      'INSERT INTO keys VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET id = excluded.id, create_revision = excluded.create_revision',
    ),
    dropKey: db.prepare('DELETE FROM keys WHERE key = ? AND id = ?'),
    version: rows('SELECT id, previous, create_revision FROM versions WHERE id = ?'),
    value: rows('SELECT value FROM versions WHERE id = ?'),
    addVersion: db.prepare('INSERT INTO versions VALUES (?, ?, ?, ?, ?)'),
    dropVersion: db.prepare('DELETE FROM versions WHERE id = ?'),
    range: rows(`SELECT key, id, create_revision FROM keys WHERE ${KEY_RANGE} ORDER BY key`),
    history: rows(`SELECT id, previous, create_revision, key, value FROM versions WHERE id >= ?3 AND id < ?4 AND ${KEY_RANGE} ORDER BY id`),
    pages: rows('PRAGMA page_count'),
    garbage: rows('SELECT id, previous, create_revision, key FROM versions WHERE id > ? AND id < ? ORDER BY id LIMIT ?'),
  };
}
