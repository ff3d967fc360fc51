/**
 * A tiny API server behind the transport contract, for tests of clients: objects, revisions, watches with resume and 410, faults on demand.
 *
 * It knows no kinds, no validation and no admission; tests of behaviour use the real API server in process.
 */
import { AsyncQueue } from '#base/async-queue.ts';
import type { KubeObject } from '#machinery/kind.ts';
import { alreadyExists, badRequest, conflict, gone, notFound, OBJECT_MODIFIED, serviceUnavailable } from '#machinery/status.ts';
import type { ApiRequest, Transport, WatchEvent } from '../transport.ts';

interface Stored {
  readonly collection: string;
  readonly object: KubeObject;
}

interface Watcher {
  readonly matches: (stored: Stored) => boolean;
  readonly queue: AsyncQueue<readonly WatchEvent[]>;
}

interface Change {
  readonly revision: number;
  readonly stored: Stored;
  readonly event: WatchEvent;
}

/** Events that may wait for one watcher. */
const MAX_WAITING_BATCHES = 100_000;

/** `/api/v1/namespaces/x/pods/y/status` taken apart. */
function parsePath(path: string): { collection: string; namespace: string; resource: string; name: string; subresource: string } {
  const parts = path.split('/').filter(Boolean).map(decodeURIComponent);
  const root = parts[0] === 'api' ? 2 : 3;
  const rest = parts.slice(root);
  const scoped = rest[0] === 'namespaces' && rest.length > 2;
  const namespace = scoped ? rest[1]! : '';
  const [resource = '', name = '', subresource = ''] = scoped ? rest.slice(2) : rest;
  return { collection: `${parts.slice(0, root).join('/')}/${resource}`, namespace, resource, name, subresource };
}

/** The fake server and its faults. */
export class MemoryTransport implements Transport {
  readonly #objects = new Map<string, Stored>();
  readonly #watchers = new Set<Watcher>();
  readonly requests: ApiRequest[] = [];
  #history: Change[] = [];
  #revision = 0;
  #compacted = 0;
  /** Whether watches may send initial events. */
  streaming = true;
  /** Requests that fail next, each with `ServiceUnavailable`. */
  failNext = 0;

  request(request: ApiRequest, signal: AbortSignal): Promise<unknown> {
    return Promise.resolve().then(() => {
      signal.throwIfAborted();
      this.requests.push(request);
      if (this.failNext > 0) {
        this.failNext--;
        throw serviceUnavailable('the fake server is told to fail');
      }
      return this.#handle(request);
    });
  }

  async *watch(request: ApiRequest, signal: AbortSignal): AsyncIterable<readonly WatchEvent[]> {
    await Promise.resolve();
    this.requests.push(request);
    if (this.failNext > 0) {
      this.failNext--;
      throw serviceUnavailable('the fake server is told to fail');
    }
    const { collection, namespace } = parsePath(request.path);
    const matches = (stored: Stored): boolean => stored.collection === collection && (!namespace || stored.object.metadata.namespace === namespace);
    const watcher: Watcher = { matches, queue: new AsyncQueue(MAX_WAITING_BATCHES) };
    this.#begin(watcher, request);
    const onAbort = (): void => watcher.queue.fail(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    this.#watchers.add(watcher);
    try {
      for (let batches = await watcher.queue.take(); batches; batches = await watcher.queue.take()) yield* batches;
    } finally {
      this.#watchers.delete(watcher);
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Ends all watches normally, as servers do after a while. */
  dropWatches(): void {
    for (const watcher of this.#watchers) watcher.queue.close();
  }

  /** Sends a bookmark to all watchers. */
  bookmark(): void {
    for (const watcher of this.#watchers) watcher.queue.push([this.#bookmark()]);
  }

  /** Forgets history: watches that resume before now get 410. */
  compact(): void {
    this.#compacted = this.#revision;
    this.#history = [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.dropWatches();
    await Promise.resolve();
  }

  #begin(watcher: Watcher, request: ApiRequest): void {
    const from = request.query?.['resourceVersion'];
    if (request.query?.['sendInitialEvents']) {
      if (!this.streaming) throw badRequest('sendInitialEvents is forbidden for watch');
      const initial = [...this.#objects.values()].filter(watcher.matches).map((stored): WatchEvent => ({ type: 'ADDED', object: stored.object }));
      if (initial.length > 0) watcher.queue.push(initial);
      watcher.queue.push([this.#bookmark({ 'k8s.io/initial-events-end': 'true' })]);
      return;
    }
    const after = Number(from ?? 0);
    if (after < this.#compacted) throw gone(`too old resource version: ${after} (${this.#compacted})`);
    const missed = this.#history.filter((change) => change.revision > after && watcher.matches(change.stored)).map((change) => change.event);
    if (missed.length > 0) watcher.queue.push(missed);
  }

  #bookmark(annotations?: Record<string, string>): WatchEvent {
    const metadata = { resourceVersion: String(this.#revision), ...(annotations ? { annotations } : {}) };
    return { type: 'BOOKMARK', object: { kind: '', apiVersion: '', metadata } };
  }

  #handle(request: ApiRequest): unknown {
    const path = parsePath(request.path);
    const of = { group: '', resource: path.resource };
    const key = (name: string): string => `${path.collection}/${path.namespace}/${name}`;
    const stored = this.#objects.get(key(path.name));
    const body = request.body as KubeObject;
    if (request.method === 'POST' && !path.name) {
      const name = body.metadata.name ?? `${body.metadata.generateName}${this.#revision}`;
      if (this.#objects.has(key(name))) throw alreadyExists(of, name);
      const uid = `uid-${this.#revision + 1}`;
      const created = { ...body, metadata: { ...body.metadata, name, uid, ...(path.namespace ? { namespace: path.namespace } : {}) } };
      return this.#commit('ADDED', { collection: path.collection, object: created }, key(name));
    }
    if (!path.name) return this.#list(path.collection, path.namespace);
    if (!stored) throw notFound(of, path.name);
    if (request.method === 'GET') return stored.object;
    if (request.method === 'DELETE') return this.#commit('DELETED', stored, key(path.name));
    if (request.method === 'PATCH') return this.#commit('MODIFIED', { ...stored, object: merge(stored.object, body) as KubeObject }, key(path.name));
    const sent = body.metadata.resourceVersion;
    if (sent && sent !== stored.object.metadata.resourceVersion) throw conflict(of, path.name, OBJECT_MODIFIED);
    return this.#commit('MODIFIED', { ...stored, object: body }, key(path.name));
  }

  #list(collection: string, namespace: string): unknown {
    const items = [...this.#objects.values()]
      .filter((stored) => stored.collection === collection && (!namespace || stored.object.metadata.namespace === namespace))
      .map((stored) => stored.object);
    return { kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: String(this.#revision) }, items };
  }

  #commit(type: 'ADDED' | 'MODIFIED' | 'DELETED', draft: Stored, key: string): KubeObject {
    const revision = ++this.#revision;
    const object = { ...draft.object, metadata: { ...draft.object.metadata, resourceVersion: String(revision) } };
    const stored = { collection: draft.collection, object };
    if (type === 'DELETED') this.#objects.delete(key);
    else this.#objects.set(key, stored);
    const event: WatchEvent = { type, object };
    this.#history.push({ revision, stored, event });
    for (const watcher of this.#watchers) if (watcher.matches(stored)) watcher.queue.push([event]);
    return object;
  }
}

/** JSON merge patch. */
function merge(target: unknown, patch: unknown): unknown {
  if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) return patch;
  const base = target !== null && typeof target === 'object' && !Array.isArray(target) ? (target as Record<string, unknown>) : {};
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merge(base[key], value);
  }
  return result;
}
