/**
 * `metadata.managedFields`: its entries by manager, their order and number.
 *
 * Source: apimachinery `util/managedfields` (manager identifiers, sorting, cap of updaters).
 */
import type { ManagedFieldsEntry } from '../meta.ts';
import { type FieldTree, isEmptyTree, union } from './field-tree.ts';
import { internFields } from './interned.ts';

/** More entries of plain updates than this are merged, oldest first. */
const MAX_UPDATERS = 10;
const ANCIENT = 'ancient-changes';

/** Who manages fields: appliers by name, updaters by name and version too. */
export interface Manager {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
}

/** What one manager owns. */
export interface Owned extends Manager {
  readonly fields: FieldTree;
  readonly time: string | undefined;
}

/** Owners by identity. */
export type Owners = Map<string, Owned>;

/** The identity of a manager; the version of appliers does not count. */
export function managerId(of: Manager): string {
  const { manager, operation, subresource } = of;
  const apiVersion = operation === 'Apply' ? '' : of.apiVersion;
  // The lengths keep parts apart whatever characters they have.
  return `${operation} ${apiVersion.length} ${apiVersion} ${subresource.length} ${subresource} ${manager}`;
}

/** Owners from entries; entries of unknown format are passed over. */
export function readEntries(entries: readonly ManagedFieldsEntry[] | undefined): Owners {
  const owners: Owners = new Map();
  for (const entry of entries ?? []) {
    const { operation } = entry;
    if (entry.fieldsType !== 'FieldsV1' || (operation !== 'Apply' && operation !== 'Update')) continue;
    const owned: Owned = {
      manager: entry.manager ?? '',
      operation,
      apiVersion: entry.apiVersion ?? '',
      subresource: entry.subresource ?? '',
      fields: (entry.fieldsV1 ?? {}) as FieldTree,
      time: entry.time,
    };
    owners.set(managerId(owned), owned);
  }
  return owners;
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function compareOwned(a: Owned, b: Owned): number {
  return (
    byText(a.operation, b.operation) ||
    byText(a.time ?? '', b.time ?? '') ||
    byText(a.manager, b.manager) ||
    byText(a.apiVersion, b.apiVersion) ||
    byText(a.subresource, b.subresource)
  );
}

/** Merges the oldest updaters of each version into one until no more than the cap remain. */
function capUpdaters(owners: Owners): Owners {
  const updaters = [...owners].filter(([, owned]) => owned.operation === 'Update');
  let excess = updaters.length - MAX_UPDATERS;
  if (excess <= 0) return owners;
  const out: Owners = new Map(owners);
  updaters.sort(([, a], [, b]) => byText(a.time ?? '', b.time ?? '') || byText(a.manager, b.manager));
  const first = new Map<string, readonly [string, Owned]>();
  for (const [id, owned] of updaters) {
    if (excess <= 0) break;
    const { apiVersion } = owned;
    const oldest = first.get(apiVersion);
    if (!oldest) {
      first.set(apiVersion, [id, owned]);
      continue;
    }
    const bucket: Manager = { manager: ANCIENT, operation: 'Update', apiVersion, subresource: '' };
    const bucketId = managerId(bucket);
    const into = out.get(bucketId) ?? oldest[1];
    out.delete(oldest[0]);
    out.delete(id);
    out.set(bucketId, { ...bucket, fields: union(into.fields, owned.fields), time: owned.time });
    excess -= 1;
  }
  return out;
}

/** Entries from owners: those who own nothing left out, capped, in order. */
export function writeEntries(owners: Owners): ManagedFieldsEntry[] {
  const kept: Owners = new Map();
  for (const [id, owned] of owners) if (!isEmptyTree(owned.fields)) kept.set(id, owned);
  const owned = [...(kept.size > MAX_UPDATERS ? capUpdaters(kept) : kept).values()];
  if (owned.length > 1) owned.sort(compareOwned);
  return owned.map(entryOf);
}

function entryOf({ manager, operation, apiVersion, time, fields, subresource }: Owned): ManagedFieldsEntry {
  const entry: { -readonly [K in keyof ManagedFieldsEntry]: ManagedFieldsEntry[K] } = {};
  if (manager) entry.manager = manager;
  entry.operation = operation;
  if (apiVersion) entry.apiVersion = apiVersion;
  if (time) entry.time = time;
  entry.fieldsType = 'FieldsV1';
  entry.fieldsV1 = internFields(fields);
  if (subresource) entry.subresource = subresource;
  return entry;
}

/** Whether an update asks to forget all owners: its first entry is empty. */
export function isReset(entries: readonly ManagedFieldsEntry[] | undefined): boolean {
  return entries !== undefined && entries.length > 0 && Object.keys(entries[0]!).length === 0;
}

/** Whether entries say the same but for their times. */
export function sameButForTimes(a: readonly ManagedFieldsEntry[], b: readonly ManagedFieldsEntry[]): boolean {
  const plain = (entries: readonly ManagedFieldsEntry[]): string[] => entries.map((entry) => JSON.stringify({ ...entry, time: undefined })).sort();
  if (a.length !== b.length) return false;
  const other = plain(b);
  return plain(a).every((text, i) => text === other[i]);
}
