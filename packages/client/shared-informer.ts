/**
 * `createInformerFactory`: shared informers on reflectors.
 */
import type { Clock } from '#base/clock.ts';
import { errorFields } from '#base/log.ts';
import type { Logger } from '#base/log.ts';
import type { Random } from '#base/random.ts';
import { openTaskGroup } from '#base/task-group.ts';
import { groupVersionText } from '#machinery/kind.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import type { Client } from './client.ts';
import { IndexedCache } from './indexed-cache.ts';
import type { Informer, InformerFactory, InformerScope, Lister, Listener } from './informer.ts';
import { objectKey } from './object-key.ts';
import { runReflector } from './reflector.ts';
import type { ObjectEvent, ReflectorSink } from './reflector.ts';

/** What informers need. */
export interface InformerFactoryOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

class SharedInformer<T extends KubeObject> implements Informer<T>, ReflectorSink<T> {
  readonly kind: Kind<T>;
  readonly #log: Logger;
  readonly #cache = new IndexedCache<T>();
  readonly #listeners = new Set<Listener<T>>();
  readonly #sync = Promise.withResolvers<void>();
  synced = false;
  resourceVersion = '';

  constructor(kind: Kind<T>, log: Logger) {
    this.kind = kind;
    this.#log = log;
  }

  get lister(): Lister<T> {
    return this.#cache;
  }

  async whenSynced(signal: AbortSignal): Promise<void> {
    if (!this.synced) await untilAborted(this.#sync.promise, signal);
  }

  listen(listener: Listener<T>): Disposable {
    this.#listeners.add(listener);
    if (this.synced) {
      for (const object of this.#cache.list()) this.#deliver(listener, (to) => to.added?.(object, true));
      this.#deliver(listener, (to) => to.progressed?.(this.resourceVersion));
    }
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  addIndex(name: string, valuesOf: (object: T) => readonly string[]): void {
    this.#cache.addIndex(name, valuesOf);
  }

  replace(objects: readonly T[], resourceVersion: string): void {
    this.resourceVersion = resourceVersion;
    if (this.synced) this.#reconcile(objects);
    else this.#fill(objects);
    this.#progressed();
  }

  /** The first content: the cache is complete before anyone hears of it. */
  #fill(objects: readonly T[]): void {
    for (const object of objects) this.#cache.set(object);
    this.synced = true;
    this.#sync.resolve();
    for (const object of objects) this.#each((to) => to.added?.(object, true));
  }

  /** Later content: only the differences are news. */
  #reconcile(objects: readonly T[]): void {
    const gone = new Set(this.#cache.keys());
    for (const object of objects) {
      gone.delete(objectKey(object));
      this.#set(object);
    }
    for (const key of gone) this.#remove(key);
  }

  apply(events: readonly ObjectEvent<T>[], resourceVersion: string): void {
    for (const { type, object } of events) {
      this.resourceVersion = object.metadata.resourceVersion ?? this.resourceVersion;
      if (type === 'DELETED') this.#remove(objectKey(object), object);
      else this.#set(object);
    }
    this.resourceVersion = resourceVersion;
    this.#progressed();
  }

  #set(object: T): void {
    const key = objectKey(object);
    const known = this.#cache.get(key);
    if (known && known.metadata.uid === object.metadata.uid) {
      if (known.metadata.resourceVersion === object.metadata.resourceVersion) return;
      this.#cache.set(object, key);
      this.#each((to) => to.updated?.(object, known));
      return;
    }
    if (known) this.#remove(key);
    this.#cache.set(object, key);
    this.#each((to) => to.added?.(object, false));
  }

  #remove(key: string, last?: T): void {
    const known = this.#cache.delete(key);
    const object = last ?? known;
    if (known && object) this.#each((to) => to.deleted?.(object));
  }

  #progressed(): void {
    this.#each((to) => to.progressed?.(this.resourceVersion));
  }

  #each(call: (listener: Listener<T>) => void): void {
    for (const listener of this.#listeners) this.#deliver(listener, call);
  }

  /** One listener's failure is its own: the cache and the others go on. */
  #deliver(listener: Listener<T>, call: (listener: Listener<T>) => void): void {
    try {
      call(listener);
    } catch (error) {
      this.#log.error('an informer listener failed', errorFields(error));
    }
  }
}

/** Waits for `promise`, or rejects as soon as `signal` aborts. */
async function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function scopeKey(kind: Kind, scope: InformerScope): string {
  return [groupVersionText(kind), kind.plural, scope.namespace ?? '', scope.fieldSelector ?? '', scope.labelSelector ?? ''].join('|');
}

/** A factory whose informers start when they are asked for and end when it is disposed. */
export function createInformerFactory(options: InformerFactoryOptions): InformerFactory {
  const { client, clock, random } = options;
  const informers = new Map<string, SharedInformer<never>>();
  const tasks = openTaskGroup((name, error) => options.log.error('informer ended', { informer: name, ...errorFields(error) }));
  const start = <T extends KubeObject>(kind: Kind<T>, scope: InformerScope): SharedInformer<T> => {
    const log = options.log.with({ resource: kind.plural });
    const informer = new SharedInformer<T>(kind, log);
    const all = client.of(kind);
    const resource = scope.namespace ? all.namespace(scope.namespace) : all;
    tasks.run(kind.plural, (signal) => runReflector({ resource, scope: selectorsOf(scope), sink: informer, clock, random, log }, signal));
    return informer;
  };
  return {
    of<T extends KubeObject>(kind: Kind<T>, scope: InformerScope = {}): Informer<T> {
      const key = scopeKey(kind as Kind, scope);
      const known = informers.get(key) as SharedInformer<T> | undefined;
      if (known) return known;
      const informer = start(kind, scope);
      informers.set(key, informer as unknown as SharedInformer<never>);
      return informer;
    },
    async whenSynced(signal) {
      await Promise.all(informers.values().map((informer) => informer.whenSynced(signal)));
    },
    [Symbol.asyncDispose]: () => tasks[Symbol.asyncDispose](),
  };
}

function selectorsOf(scope: InformerScope): Pick<InformerScope, 'fieldSelector' | 'labelSelector'> {
  return {
    ...(scope.fieldSelector ? { fieldSelector: scope.fieldSelector } : {}),
    ...(scope.labelSelector ? { labelSelector: scope.labelSelector } : {}),
  };
}
