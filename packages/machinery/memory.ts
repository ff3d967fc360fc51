/**
 * What pure functions remember of earlier calls, so that it belongs to whoever calls them (a server) and not to their module.
 */

/** Memory in parts, each of a class of its own. What a part remembers must not be observable but in speed. */
export class Memory {
  readonly #parts = new Map<new () => object, object>();

  /** The part of this class; it is made when it is first asked for. */
  of<T extends object>(part: new () => T): T {
    let known = this.#parts.get(part);
    if (!known) this.#parts.set(part, (known = new part()));
    return known as T;
  }
}
