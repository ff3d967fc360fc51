/** Caches that hold what a test puts into them. */
import type { Kind, KubeObject } from '#machinery/kind.ts';
import type { Caches } from '../call.ts';

type Listener = (next: KubeObject | undefined, previous: KubeObject | undefined) => void;

/** Objects by kind. */
export class FakeCaches implements Caches {
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  readonly #listeners = new Map<string, Set<Listener>>();

  /** Stores an object (a partial one, as far as the test needs it) and tells subscribers. */
  put<T extends KubeObject>(kind: Kind<T>, object: object): T {
    const made = { kind: kind.kind, apiVersion: 'v1', ...object } as unknown as T;
    const objects = this.#of(kind);
    const key = `${made.metadata.namespace ?? ''}/${made.metadata.name}`;
    const previous = objects.get(key);
    objects.set(key, made);
    this.#tell(kind, made, previous);
    return made;
  }

  /** Removes an object and tells subscribers. */
  remove(kind: Kind, namespace: string, name: string): void {
    const objects = this.#of(kind);
    const previous = objects.get(`${namespace}/${name}`);
    objects.delete(`${namespace}/${name}`);
    this.#tell(kind, undefined, previous);
  }

  get<T extends KubeObject>(kind: Kind<T>, namespace: string, name: string): T | undefined {
    return this.#of(kind).get(`${namespace}/${name}`) as T | undefined;
  }

  list<T extends KubeObject>(kind: Kind<T>, namespace?: string): readonly T[] {
    return [...this.#of(kind).values()].filter((object) => !namespace || object.metadata.namespace === namespace) as unknown as T[];
  }

  subscribe<T extends KubeObject>(kind: Kind<T>, changed: (next: T | undefined, previous: T | undefined) => void): Disposable {
    const listeners = this.#listeners.get(kind.plural) ?? new Set();
    this.#listeners.set(kind.plural, listeners);
    listeners.add(changed as Listener);
    return { [Symbol.dispose]: () => void listeners.delete(changed as Listener) };
  }

  async whenReady(): Promise<void> {}

  #of(kind: Kind): Map<string, KubeObject> {
    let objects = this.#objects.get(kind.plural);
    if (!objects) this.#objects.set(kind.plural, (objects = new Map()));
    return objects;
  }

  #tell(kind: Kind, next: KubeObject | undefined, previous: KubeObject | undefined): void {
    for (const listener of this.#listeners.get(kind.plural) ?? []) listener(next, previous);
  }
}
