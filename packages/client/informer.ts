/**
 * The contract of shared informers: one list and watch per resource and process, many listeners, an indexed cache of immutable objects.
 */
import type { Kind, KubeObject } from '#machinery/kind.ts';

/** `namespace/name`, or `name` for cluster-scoped objects. */
export type ObjectKey = string;

/** The cache of one resource as its informer last saw it. Objects are shared by reference: never change them. */
export interface Lister<T extends KubeObject> {
  get(key: ObjectKey): T | undefined;
  list(namespace?: string): readonly T[];
  /** Objects whose index function named `index` yields `value`. */
  byIndex(index: string, value: string): readonly T[];
}

/** What changed. `old` is absent for additions; a deletion carries the last state known. */
export interface Listener<T extends KubeObject> {
  added?(object: T, initial: boolean): void;
  updated?(object: T, old: T): void;
  deleted?(object: T): void;
  /** The cache has become current up to `resourceVersion`: called after each batch of events, also when none concerned an object. */
  progressed?(resourceVersion: string): void;
}

/** A running list and watch of one resource. */
export interface Informer<T extends KubeObject> {
  readonly kind: Kind<T>;
  readonly lister: Lister<T>;
  /** Whether the first list has been delivered to the cache. */
  readonly synced: boolean;
  /** The resourceVersion up to which the cache is current. */
  readonly resourceVersion: string;
  whenSynced(signal: AbortSignal): Promise<void>;
  /** Subscribes; objects already in the cache are delivered as additions at once. Returns the end of the subscription. */
  listen(listener: Listener<T>): Disposable;
  /** Adds an index before or after start. */
  addIndex(name: string, valuesOf: (object: T) => readonly string[]): void;
}

/** Filters what an informer holds, on the server. */
export interface InformerScope {
  readonly namespace?: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}

/** Informers by resource: asking twice for the same resource and scope gives the same informer. */
export interface InformerFactory extends AsyncDisposable {
  of<T extends KubeObject>(kind: Kind<T>, scope?: InformerScope): Informer<T>;
  /** Resolves when every informer asked for so far has synced. */
  whenSynced(signal: AbortSignal): Promise<void>;
}
