/**
 * Objects by key, by namespace and by any index: what listers read.
 */
import type { KubeObject } from '#machinery/kind.ts';
import type { Lister, ObjectKey } from './informer.ts';
import { objectKey } from './object-key.ts';

type Bucket<T> = Map<ObjectKey, T>;

interface Index<T> {
  readonly valuesOf: (object: T) => readonly string[];
  readonly buckets: Map<string, Bucket<T>>;
}

const EMPTY: readonly never[] = Object.freeze([]);

/** A mutable cache of immutable objects. */
export class IndexedCache<T extends KubeObject> implements Lister<T> {
  readonly #objects = new Map<ObjectKey, T>();
  readonly #namespaces = new Map<string, Bucket<T>>();
  readonly #indexes = new Map<string, Index<T>>();
  /** The last answer of `list()`, until something changes. */
  #all: readonly T[] | undefined;

  get size(): number {
    return this.#objects.size;
  }

  get(key: ObjectKey): T | undefined {
    return this.#objects.get(key);
  }

  list(namespace?: string): readonly T[] {
    if (namespace) {
      const bucket = this.#namespaces.get(namespace);
      return bucket ? [...bucket.values()] : EMPTY;
    }
    this.#all ??= [...this.#objects.values()];
    return this.#all;
  }

  /** @throws Error when there is no such index: a programming mistake. */
  byIndex(index: string, value: string): readonly T[] {
    const known = this.#indexes.get(index);
    if (!known) throw new Error(`no index "${index}"`);
    const bucket = known.buckets.get(value);
    return bucket ? [...bucket.values()] : EMPTY;
  }

  /** Adds an index over what is there and what comes. A second one of the same name is the same one. */
  addIndex(name: string, valuesOf: (object: T) => readonly string[]): void {
    if (this.#indexes.has(name)) return;
    const index: Index<T> = { valuesOf, buckets: new Map() };
    this.#indexes.set(name, index);
    for (const [key, object] of this.#objects) insert(index, key, object);
  }

  /** Puts `object` in place of the one with its key, which is returned. `key`: the object's, for callers who know it. */
  set(object: T, key: ObjectKey = objectKey(object)): T | undefined {
    const old = this.#objects.get(key);
    this.#all = undefined;
    this.#objects.set(key, object);
    const { namespace } = object.metadata;
    if (namespace) bucketOf(this.#namespaces, namespace).set(key, object);
    for (const index of this.#indexes.values()) {
      if (old) replace(index, key, old, object);
      else insert(index, key, object);
    }
    return old;
  }

  /** Removes the object under `key` and returns it. */
  delete(key: ObjectKey): T | undefined {
    const old = this.#objects.get(key);
    if (!old) return undefined;
    this.#all = undefined;
    this.#objects.delete(key);
    const { namespace } = old.metadata;
    if (namespace) drop(this.#namespaces, namespace, key);
    for (const index of this.#indexes.values()) remove(index, key, old);
    return old;
  }

  /** All keys, as they are now. */
  keys(): ObjectKey[] {
    return [...this.#objects.keys()];
  }
}

function bucketOf<T>(buckets: Map<string, Bucket<T>>, value: string): Bucket<T> {
  let bucket = buckets.get(value);
  if (!bucket) {
    bucket = new Map();
    buckets.set(value, bucket);
  }
  return bucket;
}

function drop<T>(buckets: Map<string, Bucket<T>>, value: string, key: ObjectKey): void {
  const bucket = buckets.get(value);
  if (!bucket) return;
  bucket.delete(key);
  if (bucket.size === 0) buckets.delete(value);
}

function insert<T>(index: Index<T>, key: ObjectKey, object: T): void {
  for (const value of index.valuesOf(object)) bucketOf(index.buckets, value).set(key, object);
}

/** Most changes leave an object under the same values. */
function replace<T>(index: Index<T>, key: ObjectKey, old: T, object: T): void {
  const before = index.valuesOf(old);
  const after = index.valuesOf(object);
  if (before.length !== after.length || before.some((value, i) => value !== after[i])) {
    for (const value of before) drop(index.buckets, value, key);
  }
  for (const value of after) bucketOf(index.buckets, value).set(key, object);
}

function remove<T>(index: Index<T>, key: ObjectKey, object: T): void {
  for (const value of index.valuesOf(object)) drop(index.buckets, value, key);
}
