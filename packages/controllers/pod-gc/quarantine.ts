/**
 * Names that must be missing for a while before anyone acts on it: caches of pods and nodes are not equally current.
 */

/** Missing nodes and since when. Holds one entry per missing node that pods name. */
export class Quarantine {
  readonly #periodMs: number;
  readonly #sinceMs = new Map<string, number>();

  constructor(periodMs: number) {
    this.#periodMs = periodMs;
  }

  /** Takes the names missing now; answers those that have been missing throughout the period. */
  update(missing: ReadonlySet<string>, monotonicMs: number): readonly string[] {
    for (const name of this.#sinceMs.keys()) if (!missing.has(name)) this.#sinceMs.delete(name);
    const ripe: string[] = [];
    for (const name of missing) {
      const sinceMs = this.#sinceMs.get(name);
      if (sinceMs === undefined) this.#sinceMs.set(name, monotonicMs);
      else if (monotonicMs - sinceMs >= this.#periodMs) ripe.push(name);
    }
    return ripe;
  }
}
