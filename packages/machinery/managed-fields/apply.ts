/**
 * Server-side apply: merges what a manager declares, removes what it no longer declares, and guards what others own.
 *
 * Source: structured-merge-diff `merge` Updater.Apply; apimachinery `util/managedfields` (before-first-apply, upgrade from client-side apply).
 */
import { decodeObject } from '../decode.ts';
import { type KubeObject, type GroupVersionKind } from '../kind.ts';
import type { ManagedFieldsEntry } from '../meta.ts';
import { isJsonObject, jsonEqual, type JsonObject } from '../patch/json-value.ts';
import { badRequest } from '../status.ts';
import { compareObjects } from './compare.ts';
import { applyConflict, type Conflict } from './conflicts.ts';
import { managerId, type Manager, type Owners, readEntries, sameButForTimes, writeEntries } from './entries.ts';
import { difference, EMPTY_TREE, type FieldTree, intersection, isEmptyTree, union } from './field-tree.ts';
import { clientSideFields, LAST_APPLIED, withLastApplied } from './last-applied.ts';
import { mergeObjects, removeFields } from './merge.ts';
import { objectShape, type Shape } from './shape.ts';
import { appliedObject } from './sparse.ts';
import { treeOf, withNamedFields } from './to-tree.ts';
import { ignoredTree, ownable, takeFromOthers, type TrackedWrite, withoutEntries, withoutIgnored, zeroObject } from './update.ts';

/** An apply and who makes it. */
export interface ApplyWrite extends TrackedWrite {
  readonly of: GroupVersionKind;
  /** Take fields from other managers instead of failing. */
  readonly force: boolean;
}

/** The manager to which fields belong that nobody tracked before the first apply. */
const BEFORE_FIRST_APPLY = 'before-first-apply';
/** The manager whose conflicts with its own client-side applies are forgiven. */
const KUBECTL = 'kubectl';

/** Everything one apply works with. */
interface Run {
  readonly write: ApplyWrite;
  readonly shape: Shape;
  readonly live: JsonObject;
  readonly applied: JsonObject;
  readonly owners: Owners;
  readonly id: string;
  /** What this manager owned before. */
  readonly last: FieldTree;
  /** All that is declared now, also what identifies the object and nobody owns. */
  readonly declared: FieldTree;
}

function startRun(write: ApplyWrite, given: JsonObject, stored: KubeObject | undefined): Run {
  const shape = objectShape(write.schema);
  const owners = readEntries(stored?.metadata.managedFields);
  const live = stored ? withoutEntries(stored) : zeroObject(write.schema);
  if (stored && owners.size === 0) {
    const before: Manager = { manager: BEFORE_FIRST_APPLY, operation: 'Update', apiVersion: write.apiVersion, subresource: '' };
    const { added, modified } = compareObjects(shape, zeroObject(write.schema), live);
    owners.set(managerId(before), { ...before, fields: ownable(union(added, modified), {}), time: write.time });
  }
  const by: Manager = { manager: write.manager, operation: 'Apply', apiVersion: write.apiVersion, subresource: write.subresource };
  const id = managerId(by);
  const last = owners.get(id)?.fields ?? EMPTY_TREE;
  const applied = appliedObject(write.schema, write.of, given);
  const declared = treeOf(shape, applied);
  owners.set(id, { ...by, fields: ownable(declared, write), time: write.time });
  return { write, shape, live, applied: removeFields(shape, applied, ignoredTree(write)), owners, id, last, declared };
}

/** Removes what this manager declared last time and nobody declares now. */
function prune(run: Run, merged: JsonObject): JsonObject {
  const { shape, last } = run;
  // What is declared as before stays: nothing is given up. (What a manager declares has all that is above it declared, too.)
  if (isEmptyTree(difference(last, run.owners.get(run.id)!.fields))) return merged;
  const named = (fields: FieldTree): FieldTree => withNamedFields(fields, shape);
  const lastNamed = named(last);
  const mergedNamed = named(treeOf(shape, merged));
  let managed: FieldTree = run.declared;
  for (const owned of run.owners.values()) managed = union(managed, owned.fields);
  const bare = removeFields(shape, merged, lastNamed);
  const owned = removeFields(shape, merged, difference(mergedNamed, union(named(treeOf(shape, bare)), named(managed))));
  return removeFields(shape, merged, intersection(difference(mergedNamed, named(treeOf(shape, owned))), lastNamed));
}

function conflictsOf(run: Run, changed: FieldTree): Conflict[] {
  const out: Conflict[] = [];
  for (const [id, owner] of run.owners) {
    if (id === run.id) continue;
    const fields = intersection(owner.fields, changed);
    if (!isEmptyTree(fields)) out.push({ owner, fields });
  }
  return out;
}

/** Conflicts that an upgrade from client-side apply does not forgive. */
function unforgiven(run: Run, conflicts: readonly Conflict[]): Conflict[] {
  if (run.write.manager !== KUBECTL) return [...conflicts];
  const forgiven = clientSideFields(run.write.schema, run.write.of, run.live);
  return conflicts.map((one) => ({ ...one, fields: difference(one.fields, forgiven) })).filter((one) => !isEmptyTree(one.fields));
}

function annotated(run: Run, object: JsonObject, given: JsonObject): JsonObject {
  const metadata = run.live['metadata'];
  const annotations = isJsonObject(metadata) ? metadata['annotations'] : undefined;
  const upgrade = run.write.manager === KUBECTL && isJsonObject(annotations) && Object.hasOwn(annotations, LAST_APPLIED);
  return upgrade ? withLastApplied(object, given) : object;
}

/** What an apply makes. */
export interface Applied {
  /** Canonical, managed fields included. */
  readonly object: KubeObject;
  readonly managedFields: readonly ManagedFieldsEntry[];
}

/**
 * The object after applying `given` (plain JSON, exactly what the client sent) to `stored`, or to nothing.
 *
 * When nothing changes, the entries keep their times, so that the result equals `stored`.
 * @throws StatusError Conflict naming the managers that own what would change; BadRequest; others for values that do not fit the type.
 */
export function applyPatch(write: ApplyWrite, given: JsonObject, stored: KubeObject | undefined): Applied {
  const sent = given['metadata'];
  if (isJsonObject(sent) && sent['managedFields'] !== undefined && sent['managedFields'] !== null)
    throw badRequest('metadata.managedFields must be nil');
  const run = startRun(write, given, stored);
  const next = prune(run, mergeObjects(run.shape, run.live, run.applied));
  const changes = withoutIgnored(compareObjects(run.shape, run.live, next), write);
  const conflicts = conflictsOf(run, union(changes.modified, changes.added));
  const blocking = write.force ? [] : unforgiven(run, conflicts);
  if (blocking.length > 0) throw applyConflict(blocking);
  takeFromOthers(run.owners, changes, run.id);
  const entries = writeEntries(run.owners);
  const { object } = decodeObject<KubeObject>(write.schema, annotated(run, next, given), { mode: 'ignore' });
  const before = stored?.metadata.managedFields ?? [];
  const unchanged = stored !== undefined && sameButForTimes(entries, before) && jsonEqual(object as unknown as JsonObject, run.live);
  const managedFields = unchanged ? before : entries;
  return { object: { ...object, metadata: { ...object.metadata, managedFields } }, managedFields };
}
