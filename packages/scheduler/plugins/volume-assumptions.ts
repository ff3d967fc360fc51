/**
 * Claims and volumes as the scheduler sees them: what the informer shows, over it what was promised to pods whose binding is under way.
 */
import type { Informer } from '#client/informer.ts';
import { objectKey } from '#client/object-key.ts';
import type { KubeObject } from '#machinery/kind.ts';

/**
 * An informer's objects with assumptions over them. An assumption ends when it is taken back, when the object is changed by others, or, once
 * written, when the informer shows it. Holds at most one per object of the informer.
 */
export class Assumptions<T extends KubeObject> {
  readonly informer: Informer<T>;
  readonly #assumed = new Map<string, { readonly object: T; readonly written: boolean }>();

  constructor(informer: Informer<T>) {
    this.informer = informer;
  }

  get(key: string): T | undefined {
    return this.#over(this.informer.lister.get(key), key);
  }

  byIndex(index: string, value: string): readonly T[] {
    const found = this.informer.lister.byIndex(index, value);
    return this.#assumed.size === 0 ? found : found.map((object) => this.#over(object, objectKey(object)) ?? object);
  }

  /** `object` differs from the informer's by what was promised. */
  assume(object: T): void {
    this.#assumed.set(objectKey(object), { object, written: false });
  }

  /** The promise was written: `object` is the server's answer. */
  wrote(object: T): void {
    this.#assumed.set(objectKey(object), { object, written: true });
  }

  /** Takes a promise back that was not written. */
  forget(key: string): void {
    if (this.#assumed.get(key)?.written === false) this.#assumed.delete(key);
  }

  #over(known: T | undefined, key: string): T | undefined {
    const assumed = this.#assumed.get(key);
    if (!assumed) return known;
    const holds = assumed.written
      ? Number(this.informer.resourceVersion) < Number(assumed.object.metadata.resourceVersion)
      : known?.metadata.resourceVersion === assumed.object.metadata.resourceVersion;
    if (holds) return assumed.object;
    this.#assumed.delete(key);
    return known;
  }
}
