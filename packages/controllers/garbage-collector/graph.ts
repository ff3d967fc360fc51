/**
 * Who is owned by whom, as far as the caches show. Objects without owners that wait for nothing are not kept: most objects cost nothing here.
 *
 *     items:      uid of a dependent, or of an object that waits for its dependents  ->  item
 *     dependents: uid of an owner                                                    ->  items that name it
 *
 * Changes answer the uids that must be looked at because of them.
 */
import type { Kind, KubeObject } from '#machinery/kind.ts';
import type { OwnerReference } from '#machinery/meta.ts';

/** On an object that goes only after those dependents that block it. */
export const FOREGROUND_FINALIZER = 'foregroundDeletion';
/** On an object whose dependents are to forget it. */
export const ORPHAN_FINALIZER = 'orphan';

/** What a deleted object waits for. */
export type Waiting = 'foreground' | 'orphan' | undefined;

/** An object of the graph. */
export interface GraphItem {
  readonly uid: string;
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
  readonly owners: readonly OwnerReference[];
  readonly deleting: boolean;
  readonly waiting: Waiting;
}

const NONE: readonly never[] = Object.freeze([]);

/** What an object that is being deleted waits for, if the garbage collector is to do something about it. */
export function waitingOf({ metadata }: Pick<KubeObject, 'metadata'>): Waiting {
  if (!metadata.deletionTimestamp || !metadata.finalizers) return undefined;
  if (metadata.finalizers.includes(ORPHAN_FINALIZER)) return 'orphan';
  return metadata.finalizers.includes(FOREGROUND_FINALIZER) ? 'foreground' : undefined;
}

function referenceTo(item: GraphItem, owner: string): OwnerReference | undefined {
  return item.owners.find((reference) => reference.uid === owner);
}

function sameReference(a: OwnerReference, b: OwnerReference): boolean {
  return a.uid === b.uid && a.name === b.name && a.kind === b.kind && a.apiVersion === b.apiVersion && a.blockOwnerDeletion === b.blockOwnerDeletion;
}

/** The graph. Bounded by the number of objects that have owners. */
export class DependencyGraph {
  readonly #items = new Map<string, GraphItem>();
  readonly #dependents = new Map<string, Set<string>>();

  get size(): number {
    return this.#items.size;
  }

  get(uid: string): GraphItem | undefined {
    return this.#items.get(uid);
  }

  /** Whether anything names the object as its owner. */
  hasDependents(uid: string): boolean {
    return this.#dependents.has(uid);
  }

  /** The items that name the object as an owner. */
  dependentsOf(uid: string): readonly GraphItem[] {
    const uids = this.#dependents.get(uid);
    if (!uids) return NONE;
    const items: GraphItem[] = [];
    for (const one of uids) {
      const item = this.#items.get(one);
      if (item) items.push(item);
    }
    return items;
  }

  /** The items whose existence keeps the object, which is deleted in the foreground. */
  blockersOf(uid: string): readonly GraphItem[] {
    return this.dependentsOf(uid).filter((item) => referenceTo(item, uid)?.blockOwnerDeletion === true);
  }

  /** Takes note of an object's present state. */
  put(kind: Kind, object: KubeObject): readonly string[] {
    const { uid = '', namespace = '', name = '', ownerReferences: owners = NONE, deletionTimestamp } = object.metadata;
    const waiting = waitingOf(object);
    const old = this.#items.get(uid);
    if (!old && owners.length === 0 && waiting === undefined) return NONE;
    const deleting = Boolean(deletionTimestamp);
    if (old && old.waiting === waiting && old.deleting === deleting && sameOwners(old.owners, owners)) return NONE;
    const item: GraphItem = { uid, kind, namespace, name, owners, deleting, waiting };
    if (owners.length === 0 && waiting === undefined) this.#items.delete(uid);
    else this.#items.set(uid, item);
    const look = this.#relink(uid, old?.owners ?? NONE, owners);
    if (waiting && waiting !== old?.waiting) {
      look.push(uid);
      if (waiting === 'foreground') for (const dependent of this.dependentsOf(uid)) look.push(dependent.uid);
    }
    return look;
  }

  /** Takes note that an object is gone. */
  remove(uid: string): readonly string[] {
    const item = this.#items.get(uid);
    this.#items.delete(uid);
    const look = item ? this.#relink(uid, item.owners, NONE) : [];
    for (const dependent of this.dependentsOf(uid)) look.push(dependent.uid);
    return look;
  }

  /** Moves an item from its old owners to its new ones. */
  #relink(uid: string, before: readonly OwnerReference[], after: readonly OwnerReference[]): string[] {
    const look: string[] = [];
    let added = false;
    for (const reference of after) {
      const known = before.find((one) => one.uid === reference.uid);
      if (known && sameReference(known, reference)) continue;
      added = true;
      let dependents = this.#dependents.get(reference.uid);
      if (!dependents) this.#dependents.set(reference.uid, (dependents = new Set()));
      dependents.add(uid);
      if (known?.blockOwnerDeletion && !reference.blockOwnerDeletion) this.#lookIfWaiting(reference.uid, look);
    }
    for (const { uid: owner } of before) {
      if (after.some((one) => one.uid === owner)) continue;
      const dependents = this.#dependents.get(owner);
      dependents?.delete(uid);
      if (dependents?.size === 0) this.#dependents.delete(owner);
      this.#lookIfWaiting(owner, look);
    }
    // Whether its owners exist is for the one who looks to find out.
    if (added) look.push(uid);
    return look;
  }

  #lookIfWaiting(owner: string, look: string[]): void {
    if (this.#items.get(owner)?.waiting === 'foreground') look.push(owner);
  }
}

function sameOwners(a: readonly OwnerReference[], b: readonly OwnerReference[]): boolean {
  return a === b || (a.length === b.length && a.every((one, index) => sameReference(one, b[index]!)));
}
