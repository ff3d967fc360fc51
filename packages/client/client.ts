/**
 * Typed access to the API: `client.of(pods).namespace('default').get('web')`.
 */
import type { Kind, KubeObject } from '#machinery/kind.ts';
import type { PatchType, Transport, WatchEvent } from './transport.ts';

/** A new object: what decoding or the server fills in may be left out; parts of other objects may be shared. */
export type Fresh<T> = T extends readonly (infer I)[] ? readonly Fresh<I>[] : T extends object ? { readonly [K in keyof T]?: Fresh<T[K]> } : T;

/** A list as the API returns it. */
export interface ObjectList<T> {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string; readonly remainingItemCount?: number };
  readonly items: readonly T[];
}

/** Options of lists and watches. */
export interface ListOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan';
  readonly limit?: number;
  readonly continue?: string;
}

/** Options of watches. */
export interface WatchOptions extends ListOptions {
  readonly allowWatchBookmarks?: boolean;
  readonly sendInitialEvents?: boolean;
  readonly timeoutSeconds?: number;
}

/** Options of writes. */
export interface WriteOptions {
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
  readonly fieldValidation?: 'Ignore' | 'Warn' | 'Strict';
  /** For server-side apply. */
  readonly force?: boolean;
}

/** Options of deletions. */
export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly dryRun?: boolean;
}

/** Operations on one resource in one namespace, or in all (or none) when made without one. All throw StatusError. */
export interface ResourceClient<T extends KubeObject> {
  get(name: string, signal: AbortSignal): Promise<T>;
  list(options: ListOptions, signal: AbortSignal): Promise<ObjectList<T>>;
  watch(options: WatchOptions, signal: AbortSignal): AsyncIterable<readonly WatchEvent<T>[]>;
  create(object: Fresh<T>, options: WriteOptions, signal: AbortSignal): Promise<T>;
  update(object: T, options: WriteOptions, signal: AbortSignal): Promise<T>;
  updateStatus(object: T, options: WriteOptions, signal: AbortSignal): Promise<T>;
  patch(name: string, patch: { readonly type: PatchType; readonly body: unknown; readonly subresource?: string }, options: WriteOptions, signal: AbortSignal): Promise<T>;
  delete(name: string, options: DeleteOptions, signal: AbortSignal): Promise<void>;
  deleteCollection(options: DeleteOptions & ListOptions, signal: AbortSignal): Promise<void>;
  /** POST or PUT to a subresource (`binding`, `eviction`, `token`, `scale`). */
  sub(method: 'GET' | 'POST' | 'PUT', name: string, subresource: string, body: unknown, signal: AbortSignal): Promise<unknown>;
}

/** A resource across all namespaces, narrowed by `namespace`. */
export interface ScopedClient<T extends KubeObject> extends ResourceClient<T> {
  namespace(namespace: string): ResourceClient<T>;
}

/** Everything one user can do with one API server. */
export interface Client {
  readonly transport: Transport;
  of<T extends KubeObject>(kind: Kind<T>): ScopedClient<T>;
}
