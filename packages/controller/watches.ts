/**
 * What a controller watches, and which of its keys each change concerns.
 */
import type { Informer, Listener } from '#client/informer.ts';
import { objectKey } from '#client/object-key.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { controllerRef, refersToKind } from './owners.ts';

/** One watched resource. */
export interface Watch {
  readonly informer: Informer<KubeObject>;
  /** Subscribes `enqueue` to changes. */
  attach(enqueue: (key: string) => void): Disposable;
}

/** Which keys an object concerns; asked of the new and, for updates, of the old state. */
export type KeysOf<T> = (object: T) => Iterable<string>;

/** Narrows what counts as a change. */
export interface WatchFilter<T> {
  /** Whether an update matters; default: all do. */
  readonly changed?: (object: T, old: T) => boolean;
}

/** Changes of `informer`'s objects concern the keys that `keysOf` names. */
export function watch<T extends KubeObject>(informer: Informer<T>, keysOf: KeysOf<T>, filter: WatchFilter<T> = {}): Watch {
  const each = (object: T, enqueue: (key: string) => void): void => {
    for (const key of keysOf(object)) enqueue(key);
  };
  return {
    informer: informer as unknown as Informer<KubeObject>,
    attach: (enqueue) =>
      informer.listen({
        added: (object) => each(object, enqueue),
        updated(object, old) {
          if (filter.changed && !filter.changed(object, old)) return;
          each(object, enqueue);
          each(old, enqueue);
        },
        deleted: (object) => each(object, enqueue),
      }),
  };
}

/** Follows an informer's objects without concerning any key, for counts. */
export function observe<T extends KubeObject>(informer: Informer<T>, listener: Listener<T>): Watch {
  return { informer: informer as unknown as Informer<KubeObject>, attach: () => informer.listen(listener) };
}

/** Objects are keys themselves. */
export function watchSelf<T extends KubeObject>(informer: Informer<T>, filter: WatchFilter<T> = {}): Watch {
  return watch(informer, (object) => [objectKey(object)], filter);
}

/** The key of the object's controller, when that is of `ownerKind`. */
export function ownerKey(object: KubeObject, ownerKind: Kind): string | undefined {
  const reference = controllerRef(object);
  if (!reference || !refersToKind(reference, ownerKind)) return undefined;
  return ownerKind.namespaced && object.metadata.namespace ? `${object.metadata.namespace}/${reference.name}` : reference.name;
}

/** Objects concern their controller, when it is of `ownerKind`. */
export function watchOwned<T extends KubeObject>(informer: Informer<T>, ownerKind: Kind, filter: WatchFilter<T> = {}): Watch {
  return watch(
    informer,
    (object) => {
      const key = ownerKey(object, ownerKind);
      return key === undefined ? [] : [key];
    },
    filter,
  );
}
