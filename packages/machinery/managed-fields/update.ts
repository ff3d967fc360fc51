/**
 * Ownership after an ordinary write: whoever changes a field owns it from then on.
 *
 * Source: structured-merge-diff `merge` Updater.Update and apimachinery `util/managedfields` (stripped metadata, times).
 */
import { decodeObject } from '../decode.ts';
import type { KubeObject } from '../kind.ts';
import type { ManagedFieldsEntry } from '../meta.ts';
import type { JsonObject } from '../patch/json-value.ts';
import type { Message } from '../schema.ts';
import { type Comparison, compareObjects } from './compare.ts';
import { createdFields } from './created.ts';
import { isReset, managerId, type Manager, type Owners, readEntries, writeEntries } from './entries.ts';
import { difference, EMPTY_TREE, type FieldTree, FieldTreeBuilder, isEmptyTree, recursiveDifference, union } from './field-tree.ts';
import { objectShape } from './shape.ts';

/** A write and who makes it. */
export interface TrackedWrite {
  readonly schema: Message;
  /** Of the written object: `apps/v1`. */
  readonly apiVersion: string;
  readonly manager: string;
  /** Empty for the object itself. */
  readonly subresource: string;
  /** `2026-01-02T03:04:05Z`. */
  readonly time: string;
  /** Parts that this endpoint does not take from clients, as names from the root (`['status']`): nobody comes to own them here. */
  readonly ignored?: readonly (readonly string[])[] | undefined;
}

const tree = (paths: readonly (readonly string[])[]): FieldTree => {
  const builder = new FieldTreeBuilder();
  for (const path of paths) builder.insert(path.map((name) => `f:${name}`));
  return builder.build();
};

/** Members of metadata that identify an object or belong to the server. */
const STRIPPED_METADATA: ReadonlySet<string> = new Set([
  'clusterName',
  'creationTimestamp',
  'generation',
  'managedFields',
  'name',
  'namespace',
  'resourceVersion',
  'selfLink',
  'uid',
]);

/** What identifies an object or belongs to the server is nobody's. */
const STRIPPED: FieldTree = tree([['apiVersion'], ['kind'], ['metadata'], ...[...STRIPPED_METADATA].map((name) => ['metadata', name])]);

// The set of some paths follows from them alone; endpoints name the same ones in every write.
const ignoredTrees = new WeakMap<readonly (readonly string[])[], FieldTree>();

/** The parts that an endpoint ignores, as a set. */
export function ignoredTree({ ignored }: Pick<TrackedWrite, 'ignored'>): FieldTree {
  if (!ignored || ignored.length === 0) return EMPTY_TREE;
  let known = ignoredTrees.get(ignored);
  if (!known) {
    known = tree(ignored);
    ignoredTrees.set(ignored, known);
  }
  return known;
}

/** The set without what nobody can own, and without the endpoint's ignored parts. */
export function ownable(fields: FieldTree, write: Pick<TrackedWrite, 'ignored'>): FieldTree {
  return recursiveDifference(difference(fields, STRIPPED), ignoredTree(write));
}

/** Differences outside the endpoint's ignored parts. */
export function withoutIgnored(changes: Comparison, write: Pick<TrackedWrite, 'ignored'>): Comparison {
  const ignored = ignoredTree(write);
  if (isEmptyTree(ignored)) return changes;
  return {
    added: recursiveDifference(changes.added, ignored),
    modified: recursiveDifference(changes.modified, ignored),
    removed: recursiveDifference(changes.removed, ignored),
  };
}

/** The object without its managed fields. */
export function withoutEntries(object: KubeObject): JsonObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata } as unknown as JsonObject;
}

/** What exists before an object does: its kind's zero value. */
export function zeroObject(schema: Message): JsonObject {
  return decodeObject<JsonObject>(schema, {}, { mode: 'ignore' }).object;
}

// What a kind's zero value is follows from its schema alone, so sharing it cannot be observed.
const zeros = new WeakMap<Message, JsonObject>();

/** The zero value where it is only looked at. */
function sharedZero(schema: Message): JsonObject {
  let zero = zeros.get(schema);
  if (!zero) {
    zero = zeroObject(schema);
    zeros.set(schema, zero);
  }
  return zero;
}

/** Takes what changed from everyone but `except`. */
export function takeFromOthers(owners: Owners, changes: Comparison, except: string): void {
  if (owners.size === 0) return;
  const touched = union(union(changes.modified, changes.added), changes.removed);
  if (isEmptyTree(touched)) return;
  for (const [id, owned] of owners) {
    if (id === except) continue;
    const fields = difference(owned.fields, touched);
    if (fields !== owned.fields) owners.set(id, { ...owned, fields });
  }
}

/** The owners that an update starts from: those it sends itself, else those of the stored object. */
function startingOwners(write: TrackedWrite, live: KubeObject | undefined, next: KubeObject): Owners {
  const stored = live?.metadata.managedFields;
  if (write.subresource !== '') return readEntries(stored);
  if (isReset(next.metadata.managedFields)) return new Map();
  const sent = readEntries(next.metadata.managedFields);
  return sent.size > 0 ? sent : readEntries(stored);
}

/** The entry of a creator, when nobody else can own anything. */
function creatorEntries(write: TrackedWrite, next: KubeObject): readonly ManagedFieldsEntry[] {
  const { schema, ignored = [], manager, apiVersion, time, subresource } = write;
  const skips = {
    object: (key: string) => key === 'apiVersion' || key === 'kind' || ignored.some((path) => path.length === 1 && path[0] === key),
    metadata: (key: string) => STRIPPED_METADATA.has(key),
  };
  const fields = createdFields(objectShape(schema), { zero: sharedZero(schema), object: next as unknown as JsonObject }, skips);
  if (isEmptyTree(fields)) return [];
  return writeEntries(new Map([['', { manager, operation: 'Update', apiVersion, subresource, fields, time }]]));
}

/**
 * The managed fields after a create (`live` absent) or update. `next` carries the entries that the client sent, or none.
 * An update that changes nothing changes no entry.
 */
export function updateManagedFields(write: TrackedWrite, live: KubeObject | undefined, next: KubeObject): readonly ManagedFieldsEntry[] {
  const plainPaths = write.ignored === undefined || write.ignored.every((path) => path.length === 1);
  if (!live && plainPaths && !next.metadata.managedFields?.length) return creatorEntries(write, next);
  const owners = startingOwners(write, live, next);
  const before = live ? withoutEntries(live) : sharedZero(write.schema);
  const changes = withoutIgnored(compareObjects(objectShape(write.schema), before, withoutEntries(next)), write);
  const by: Manager = { manager: write.manager, operation: 'Update', apiVersion: write.apiVersion, subresource: write.subresource };
  const changed = union(changes.modified, changes.added);
  const taken = ownable(changed, write);
  const id = managerId(by);
  // The writer keeps what it changes: only what it removes, and what nobody may own, is taken from it.
  const own = owners.get(id);
  takeFromOthers(owners, changes, id);
  if (own) {
    const lost = taken === changed ? changes.removed : union(difference(changed, taken), changes.removed);
    const fields = difference(own.fields, lost);
    if (fields !== own.fields) owners.set(id, { ...own, fields });
  }
  if (!isEmptyTree(taken)) {
    owners.set(id, { ...by, fields: union(owners.get(id)?.fields ?? EMPTY_TREE, taken), time: write.time });
  }
  return writeEntries(owners);
}
