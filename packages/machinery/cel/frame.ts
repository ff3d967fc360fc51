/** One evaluation: values of variables, and what it has cost. */
import type { CelType } from './types.ts';
import { adapt, CelError, type Value } from './values.ts';

/** The evaluation has cost more than it may. No operator absorbs this. */
export class CostLimitExceeded extends CelError {
  constructor() {
    super('operation cancelled: actual cost limit exceeded');
  }
}

/** A part of an expression, ready to be evaluated. @throws CelError */
export type Plan = (frame: Frame) => Value;

/** Values by name: JSON, or values of expressions. A function is called when the variable is first read. */
export type Bindings = Readonly<Record<string, unknown>>;

/** The state of one evaluation. */
export class Frame {
  /** Variables first, then local ones by depth. */
  readonly slots: (Value | undefined)[] = [];
  cost = 0;
  readonly #limit: number;
  readonly #bindings: Bindings;

  constructor(bindings: Bindings, limit: number) {
    this.#bindings = bindings;
    this.#limit = limit;
  }

  /** @throws CostLimitExceeded */
  charge(amount: number): void {
    this.cost += amount;
    if (this.cost > this.#limit) throw new CostLimitExceeded();
  }

  /** The value of a variable. @throws CelError when it has none */
  read(slot: number, name: string, type: CelType): Value {
    const known = this.slots[slot];
    if (known !== undefined) return known;
    if (!Object.hasOwn(this.#bindings, name)) throw new CelError(`no such attribute(s): ${name}`);
    const bound = this.#bindings[name];
    const value = adapt(typeof bound === 'function' ? (bound as () => unknown)() : bound, type);
    this.slots[slot] = value;
    return value;
  }
}
