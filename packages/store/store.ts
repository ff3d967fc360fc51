/**
 * The contract of the ordered, multi-version key-value store below the API server. It knows keys and bytes, nothing of Kubernetes.
 *
 * One counter numbers every commit. Keys are ordered by their UTF-8 bytes. Every engine (`memory/`, `embedded/`, `etcd/`) passes the one suite in `conformance.ts`.
 */

/** The number of a commit. A 64-bit counter upstream; held as a safe integer here. 0 means "before the first commit". */
export type Revision = number;

/** A key with its value at some revision. */
export interface KeyValue {
  readonly key: string;
  readonly value: Uint8Array;
  /** The commit that created the key (after its last deletion). */
  readonly createRevision: Revision;
  /** The commit that wrote this value. */
  readonly modRevision: Revision;
}

/** One change inside a commit. */
export interface Write {
  readonly key: string;
  /** The new bytes; `null` deletes the key. */
  readonly value: Uint8Array | null;
  /** The `modRevision` that the key must have now; 0: it must not exist; absent: whatever it has. */
  readonly expect?: Revision;
  /**
   * Opaque to the store: handed by reference to watchers in the same process with the event that this write causes, so that a decoded object need not be decoded again.
   * It is absent when an event comes from history on disk or from another process.
   */
  readonly memo?: unknown;
  /**
   * Where the store honours it: the key goes by itself when it has not been written for at least this long; each write begins anew.
   */
  readonly ttlMs?: number;
}

/** A commit either happened as a whole, or names what stood in its way; a conflict is a value, not an exception. */
export type CommitResult =
  | { readonly committed: true; readonly revision: Revision }
  | {
      readonly committed: false;
      /** The store's revision when the expectations were checked. */
      readonly revision: Revision;
      /** For each write whose expectation failed: its index and what the key holds (`undefined`: nothing). */
      readonly conflicts: readonly { readonly index: number; readonly current: KeyValue | undefined }[];
    };

/** A change as watchers see it. All events of one commit share its revision. */
export type StoreEvent =
  | { readonly type: 'put'; readonly kv: KeyValue; readonly previous: KeyValue | undefined; readonly memo?: unknown }
  | { readonly type: 'delete'; readonly key: string; readonly revision: Revision; readonly previous: KeyValue | undefined; readonly memo?: unknown };

/** What a watch delivers: whole commits, in order. */
export interface WatchBatch {
  /** Everything up to and including this revision has been delivered. A batch without events only reports progress. */
  readonly revision: Revision;
  readonly events: readonly StoreEvent[];
}

/** A consistent view of all keys at one revision. Dispose it when done: it may hold resources of the engine. */
export interface Snapshot extends Disposable {
  readonly revision: Revision;
  get(key: string): Promise<KeyValue | undefined>;
  /** Keys that start with `prefix`, in order, starting at `from` (inclusive) when given, at most `limit` of them. */
  range(prefix: string, options?: { readonly from?: string; readonly limit?: number }): Promise<RangePage>;
  /** How many keys start with `prefix`, from `from` on when given. */
  count(prefix: string, from?: string): Promise<number>;
}

/** A page of a range. */
export interface RangePage {
  readonly items: readonly KeyValue[];
  /** Whether more keys with the prefix follow the last item. */
  readonly more: boolean;
}

/** The asked-for revision has been compacted away. */
export class CompactedError extends Error {
  readonly compactRevision: Revision;
  constructor(compactRevision: Revision) {
    super(`required revision has been compacted (compact revision ${compactRevision})`);
    this.name = 'CompactedError';
    this.compactRevision = compactRevision;
  }
}

/** The asked-for revision lies in the future. */
export class FutureRevisionError extends Error {
  readonly currentRevision: Revision;
  constructor(currentRevision: Revision) {
    super(`required revision is a future revision (current revision ${currentRevision})`);
    this.name = 'FutureRevisionError';
    this.currentRevision = currentRevision;
  }
}

/** A watcher did not keep up and was dropped so that writers are not slowed; watch again from the last revision seen. */
export class SlowWatcherError extends Error {
  constructor() {
    super('the watcher is too slow: its buffer is full');
    this.name = 'SlowWatcherError';
  }
}

/** What else is known of a failure. */
export interface StoreFailure {
  /** What a store behind a network said, in its words, when it refused. */
  readonly refusal?: string;
  /** Whether the commit may have happened, or may yet happen. */
  readonly outcomeUnknown?: boolean;
}

/** The store cannot take writes any more (disk full, file broken, connection lost); `cause` says why. */
export class StoreUnavailableError extends Error {
  readonly refusal: string | undefined;
  readonly outcomeUnknown: boolean;

  constructor(message: string, cause?: unknown, { refusal, outcomeUnknown = false }: StoreFailure = {}) {
    super(message, { cause });
    this.name = 'StoreUnavailableError';
    this.refusal = refusal;
    this.outcomeUnknown = outcomeUnknown;
  }
}

/** An ordered multi-version key-value store. `await openX()` returns one that is ready. */
export interface Store extends AsyncDisposable {
  /** Whether keys written with `ttlMs` go by themselves; elsewhere whoever writes them deletes them. */
  readonly honoursTtl: boolean;
  /**
   * Applies all writes or none; when the promise resolves, a commit is durable and visible to every later read.
   * Each key may appear once. Commits that wait in the same tick share one durable transaction but keep their own revisions.
   * Commits that do not wait for each other may be applied in any order; engines in this process keep the order of the calls.
   * A commit that changes nothing (no writes, or deletions of keys that do not exist) takes no revision and reports the current one.
   * The bytes are kept by reference for watchers: do not change them afterwards.
   * @throws StoreUnavailableError; TypeError or RangeError for writes that `checkWrites` refuses
   */
  commit(writes: readonly Write[]): Promise<CommitResult>;
  /** The newest revision, linearisable: at least that of every commit that resolved before the call, on any server. */
  currentRevision(): Promise<Revision>;
  /**
   * A view at `revision`, or at the current one when absent.
   * @throws CompactedError, FutureRevisionError
   */
  snapshot(revision?: Revision): Promise<Snapshot>;
  /**
   * All changes to keys under `prefix` after revision `after`: in order, without gap or duplicate, never splitting a commit.
   * Batches may be coalesced; an empty batch reports progress: a watcher that has not heard of the newest revision does so soon after someone calls `currentRevision`.
   * From a revision in the future, it waits for what comes after it. Ends when `signal` aborts.
   * @throws CompactedError, SlowWatcherError, StoreUnavailableError (also when the store is closed) from the iteration.
   */
  watch(prefix: string, after: Revision, signal: AbortSignal): AsyncIterable<WatchBatch>;
  /**
   * Forgets versions that were superseded at or before `revision`; reads and watches below it then fail with CompactedError. Does nothing when that has been done.
   * @throws FutureRevisionError
   */
  compact(revision: Revision): Promise<void>;
  /** The revision below which history is gone. */
  compactRevision(): Revision;
  /** Bytes on disk (0 for memory). */
  sizeBytes(): Promise<number>;
}
