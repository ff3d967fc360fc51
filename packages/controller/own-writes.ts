/**
 * Remembers what a controller wrote for each of its keys, so that it never acts on a cache that does not show its own writes yet.
 *
 *     reconcile(key) writes object at revision 42  ──>  key waits until the cache of that kind has reached 42
 *     reconcile(key) deletes object                ──>  key waits until the cache shows it gone or terminating
 *
 * It does the work of client-go's expectations, but needs no bookkeeping by the controllers: revisions of one server are comparable numbers.
 */
import type { Clock } from '#base/clock.ts';
import type { Informer } from '#client/informer.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';

/** After this long a key is worked on even if its writes were not seen: a lost event must not stop a controller. */
export const GIVE_UP_MS = 300_000;

/** What one key waits for in one cache. */
interface Pending {
  /** The cache must be at least this current. */
  revision: number;
  /** Deleted objects by key, with the uid that must disappear. */
  readonly deleted: Map<string, string | undefined>;
  sinceMs: number;
}

type AnyInformer = Informer<KubeObject>;

/** The writes of one controller that its caches may not show yet. */
export class OwnWrites {
  readonly #clock: Clock;
  readonly #byInformer = new Map<AnyInformer, Map<string, Pending>>();

  constructor(clock: Clock, informers: Iterable<AnyInformer>) {
    this.#clock = clock;
    for (const informer of informers) this.#byInformer.set(informer, new Map());
  }

  /** Notes that `key` caused `object` to be written. */
  wrote(key: string, informer: AnyInformer, object: KubeObject): void {
    const revision = Number(object.metadata.resourceVersion);
    if (!Number.isSafeInteger(revision)) return;
    const pending = this.#pending(key, informer);
    pending.revision = Math.max(pending.revision, revision);
  }

  /** Notes that `key` caused the object under `objectKey` to be deleted; without uid, any object of that name must go. */
  deleted(key: string, informer: AnyInformer, objectKey: string, uid: string | undefined): void {
    this.#pending(key, informer).deleted.set(objectKey, uid);
  }

  /** The kind of which the cache does not show a write of `key` yet; `undefined` when the caches show all of them. */
  lagging(key: string): Kind | undefined {
    for (const [informer, keys] of this.#byInformer) {
      const pending = keys.get(key);
      if (!pending) continue;
      if (!isSeen(pending, informer) && this.#clock.monotonicMs() - pending.sinceMs < GIVE_UP_MS) return informer.kind;
      keys.delete(key);
    }
    return undefined;
  }

  /** Keys whose writes `informer` has come to show. */
  settled(informer: AnyInformer): string[] {
    const keys = this.#byInformer.get(informer);
    if (!keys || keys.size === 0) return [];
    const done: string[] = [];
    for (const [key, pending] of keys) {
      if (!isSeen(pending, informer)) continue;
      keys.delete(key);
      done.push(key);
    }
    return done;
  }

  #pending(key: string, informer: AnyInformer): Pending {
    const keys = this.#byInformer.get(informer);
    if (!keys) return { revision: 0, deleted: new Map(), sinceMs: 0 };
    let pending = keys.get(key);
    if (!pending) {
      pending = { revision: 0, deleted: new Map(), sinceMs: 0 };
      keys.set(key, pending);
    }
    pending.sinceMs = this.#clock.monotonicMs();
    return pending;
  }
}

function isSeen(pending: Pending, informer: AnyInformer): boolean {
  if (pending.revision > Number(informer.resourceVersion)) return false;
  for (const [objectKey, uid] of pending.deleted) {
    const object = informer.lister.get(objectKey);
    if (object && (uid === undefined || object.metadata.uid === uid) && !object.metadata.deletionTimestamp) return false;
    pending.deleted.delete(objectKey);
  }
  return true;
}
