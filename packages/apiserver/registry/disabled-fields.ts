/** What drops the fields of features that are off, made once per kind. */
import { dropDisabledFields, type DropDisabled } from '#machinery/disabled-fields.ts';
import type { Kind } from '#machinery/kind.ts';

/** By stored kind. */
export class DisabledFields {
  readonly #gate: (name: string) => boolean;
  readonly #byKind = new Map<Kind, DropDisabled | undefined>();

  constructor(gate: (name: string) => boolean) {
    this.#gate = gate;
  }

  /** Drops them from `draft`, except where `stored` has them already. */
  drop(kind: Kind, draft: object, stored: object | undefined): void {
    if (!this.#byKind.has(kind)) this.#byKind.set(kind, dropDisabledFields(kind.schema, this.#gate));
    this.#byKind.get(kind)?.(draft, stored);
  }
}
