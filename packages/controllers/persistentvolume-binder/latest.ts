/**
 * A cache that shows what was just written before the informer does: choices for one claim must see those made for another.
 */
import type { Informer } from '#client/informer.ts';
import { objectKey } from '#client/object-key.ts';
import type { KubeObject } from '#machinery/kind.ts';

/** The newer of the informer's objects and one's own writes. Holds a write until the informer has caught up with it. */
export class Latest<T extends KubeObject> {
  readonly #informer: Informer<T>;
  readonly #written = new Map<string, T>();

  constructor(informer: Informer<T>) {
    this.#informer = informer;
  }

  get(key: string): T | undefined {
    return this.#newer(this.#informer.lister.get(key), key);
  }

  byIndex(index: string, value: string): readonly T[] {
    const found = this.#informer.lister.byIndex(index, value);
    return this.#written.size === 0 ? found : found.map((object) => this.#newer(object, objectKey(object)) ?? object);
  }

  /** Notes a write; answers it. */
  wrote(object: T): T {
    this.#written.set(objectKey(object), object);
    return object;
  }

  #newer(cached: T | undefined, key: string): T | undefined {
    const written = this.#written.get(key);
    if (!written) return cached;
    const caughtUp = Number(this.#informer.resourceVersion) >= Number(written.metadata.resourceVersion);
    if (!caughtUp) return written;
    this.#written.delete(key);
    return cached;
  }
}
