/**
 * The shapes that cross between the store's thread and the engine's thread. Values travel in one buffer: cloning many small ones, or a small view of a big buffer, is slow.
 */
import type { KeyValue, Revision } from '../store.ts';

/** Stands for "no value" among lengths and for "no expectation" among revisions. */
export const NONE = -1;

/** Values side by side: `lengths[i]` bytes each, or `NONE`. */
export interface PackedValues {
  readonly lengths: readonly number[];
  readonly bytes: Uint8Array;
}

/** What keys held: where `modRevisions[i]` is 0, nothing. */
export interface PackedVersions extends PackedValues {
  readonly createRevisions: readonly Revision[];
  readonly modRevisions: readonly Revision[];
}

/** Several commits for one durable transaction; the writes of all of them follow each other. */
export interface CommitGroup {
  /** How many writes each commit has. */
  readonly writeCounts: readonly number[];
  readonly keys: readonly string[];
  /** The expected `modRevision` of each write's key, or `NONE`. */
  readonly expected: readonly number[];
  readonly values: PackedValues;
}

/** What became of the commits of a group. */
export interface CommitGroupResult {
  /** The revision of each commit; of one that was refused, the revision at which it was checked. */
  readonly revisions: readonly Revision[];
  readonly committed: readonly boolean[];
  /** What the key of each write held before. */
  readonly before: PackedVersions;
}

/** Some of the keys of a range. */
export interface RangeStep {
  readonly keys: readonly string[];
  readonly versions: PackedVersions;
  /** Where to go on; absent at the end of the range. */
  readonly next?: string;
}

/** Some keys of a range, counted. */
export interface CountStep {
  readonly count: number;
  /** Where to go on; absent at the end of the range. */
  readonly next?: string;
}

/** Whole commits of the past; a deletion has `lengths[i]` `NONE`. */
export interface HistoryStep {
  /** Everything up to here is in this step or an earlier one. */
  readonly revision: Revision;
  readonly keys: readonly string[];
  readonly versions: PackedVersions;
  readonly previous: PackedVersions;
}

/** Collects values into one buffer. */
export class Packer {
  readonly #lengths: number[] = [];
  readonly #values: Uint8Array[] = [];
  /** How many bytes have been added. */
  byteLength = 0;

  /** Adds a value, or its absence. */
  add(value: Uint8Array | null): void {
    this.#lengths.push(value ? value.byteLength : NONE);
    if (!value) return;
    this.#values.push(value);
    this.byteLength += value.byteLength;
  }

  /** Everything added so far. */
  pack(): PackedValues {
    const bytes = new Uint8Array(this.byteLength);
    let at = 0;
    for (const value of this.#values) {
      bytes.set(value, at);
      at += value.byteLength;
    }
    return { lengths: this.#lengths, bytes };
  }
}

/** Collects versions into one buffer. */
export class VersionPacker {
  readonly #values = new Packer();
  readonly #createRevisions: Revision[] = [];
  readonly #modRevisions: Revision[] = [];

  /** How many bytes the values have. */
  get byteLength(): number {
    return this.#values.byteLength;
  }

  /** Adds a version. */
  add(createRevision: Revision, modRevision: Revision, value: Uint8Array | null): void {
    this.#createRevisions.push(createRevision);
    this.#modRevisions.push(modRevision);
    this.#values.add(value);
  }

  /** Adds "nothing". */
  addNone(): void {
    this.add(0, 0, null);
  }

  /** Everything added so far. */
  pack(): PackedVersions {
    return { createRevisions: this.#createRevisions, modRevisions: this.#modRevisions, ...this.#values.pack() };
  }
}

/** Calls `visit` for each version with its key; `undefined` for "nothing". Values are copied when `copy` is set, so that one that is kept does not keep its neighbours. */
export function unpackVersions(keys: readonly string[], packed: PackedVersions, copy: boolean): (KeyValue | undefined)[] {
  let at = 0;
  return keys.map((key, i) => {
    const length = packed.lengths[i]!;
    if (length === NONE) return undefined;
    const value = copy ? packed.bytes.slice(at, at + length) : packed.bytes.subarray(at, at + length);
    at += length;
    return { key, value, createRevision: packed.createRevisions[i]!, modRevision: packed.modRevisions[i]! };
  });
}
