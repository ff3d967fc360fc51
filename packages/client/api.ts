/**
 * `createClient`: the typed API over any transport.
 */
import { groupVersionText, resourcePath } from '#machinery/kind.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import type { Client, DeleteOptions, Fresh, ListOptions, ObjectList, ResourceClient, ScopedClient, WatchOptions, WriteOptions } from './client.ts';
import type { ApiRequest, PatchType, Transport, WatchEvent } from './transport.ts';

type Query = NonNullable<ApiRequest['query']>;

function writeQuery(options: WriteOptions): Query {
  return {
    dryRun: options.dryRun ? 'All' : undefined,
    fieldManager: options.fieldManager,
    fieldValidation: options.fieldValidation,
    force: options.force,
  };
}

function listQuery(options: ListOptions): Query {
  return {
    labelSelector: options.labelSelector || undefined,
    fieldSelector: options.fieldSelector || undefined,
    resourceVersion: options.resourceVersion,
    resourceVersionMatch: options.resourceVersionMatch,
    limit: options.limit,
    continue: options.continue,
  };
}

function deleteBody(options: DeleteOptions): unknown {
  return {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    ...(options.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: options.gracePeriodSeconds }),
    ...(options.propagationPolicy === undefined ? {} : { propagationPolicy: options.propagationPolicy }),
    ...(options.preconditions === undefined ? {} : { preconditions: options.preconditions }),
    ...(options.dryRun ? { dryRun: ['All'] } : {}),
  };
}

class KindClient<T extends KubeObject> implements ScopedClient<T> {
  readonly #transport: Transport;
  readonly #kind: Kind<T>;
  readonly #namespace: string | undefined;

  constructor(transport: Transport, kind: Kind<T>, namespace: string | undefined) {
    this.#transport = transport;
    this.#kind = kind;
    this.#namespace = namespace;
  }

  namespace(namespace: string): ResourceClient<T> {
    return new KindClient(this.#transport, this.#kind, namespace);
  }

  async get(name: string, signal: AbortSignal): Promise<T> {
    return (await this.#transport.request({ method: 'GET', path: this.#path(name) }, signal)) as T;
  }

  async list(options: ListOptions, signal: AbortSignal): Promise<ObjectList<T>> {
    const list = (await this.#transport.request({ method: 'GET', path: this.#path(), query: listQuery(options) }, signal)) as ObjectList<T>;
    const items = list.items ?? [];
    if (items.length === 0 || items[0]!.kind) return items === list.items ? list : { ...list, items };
    const type = { kind: this.#kind.kind, apiVersion: groupVersionText(this.#kind) };
    return { ...list, items: items.map((item) => ({ ...type, ...item })) };
  }

  watch(options: WatchOptions, signal: AbortSignal): AsyncIterable<readonly WatchEvent<T>[]> {
    const query = {
      ...listQuery(options),
      watch: true,
      allowWatchBookmarks: options.allowWatchBookmarks,
      sendInitialEvents: options.sendInitialEvents,
      timeoutSeconds: options.timeoutSeconds,
    };
    return this.#transport.watch({ method: 'GET', path: this.#path(), query }, signal) as AsyncIterable<readonly WatchEvent<T>[]>;
  }

  async create(object: Fresh<T>, options: WriteOptions, signal: AbortSignal): Promise<T> {
    const body = { ...object, kind: this.#kind.kind, apiVersion: groupVersionText(this.#kind) };
    const path = resourcePath(this.#kind, this.#namespaceOf(object as KubeObject));
    return (await this.#transport.request({ method: 'POST', path, query: writeQuery(options), body }, signal)) as T;
  }

  update(object: T, options: WriteOptions, signal: AbortSignal): Promise<T> {
    return this.#put(object, undefined, options, signal);
  }

  updateStatus(object: T, options: WriteOptions, signal: AbortSignal): Promise<T> {
    return this.#put(object, 'status', options, signal);
  }

  async patch(
    name: string,
    patch: { readonly type: PatchType; readonly body: unknown; readonly subresource?: string },
    options: WriteOptions,
    signal: AbortSignal,
  ): Promise<T> {
    const path = this.#path(name, patch.subresource);
    return (await this.#transport.request({ method: 'PATCH', path, query: writeQuery(options), body: patch.body, patchType: patch.type }, signal)) as T;
  }

  async delete(name: string, options: DeleteOptions, signal: AbortSignal): Promise<void> {
    await this.#transport.request({ method: 'DELETE', path: this.#path(name), body: deleteBody(options) }, signal);
  }

  async deleteCollection(options: DeleteOptions & ListOptions, signal: AbortSignal): Promise<void> {
    await this.#transport.request({ method: 'DELETE', path: this.#path(), query: listQuery(options), body: deleteBody(options) }, signal);
  }

  sub(method: 'GET' | 'POST' | 'PUT', name: string, subresource: string, body: unknown, signal: AbortSignal): Promise<unknown> {
    return this.#transport.request({ method, path: this.#path(name, subresource), ...(body === undefined ? {} : { body }) }, signal);
  }

  async #put(object: T, subresource: string | undefined, options: WriteOptions, signal: AbortSignal): Promise<T> {
    const path = resourcePath(this.#kind, this.#namespaceOf(object), object.metadata.name, subresource);
    const body = object.kind ? object : { ...object, kind: this.#kind.kind, apiVersion: groupVersionText(this.#kind) };
    return (await this.#transport.request({ method: 'PUT', path, query: writeQuery(options), body }, signal)) as T;
  }

  #path(name?: string, subresource?: string): string {
    return resourcePath(this.#kind, this.#namespace, name, subresource);
  }

  #namespaceOf(object: { readonly metadata?: { readonly namespace?: string } }): string | undefined {
    return this.#namespace ?? (this.#kind.namespaced ? object.metadata?.namespace : undefined);
  }
}

/** A client that sends everything through `transport`. */
export function createClient(transport: Transport): Client {
  return { transport, of: (kind) => new KindClient(transport, kind, undefined) };
}
