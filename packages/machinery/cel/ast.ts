/** The syntax tree of an expression, macros expanded. */
import type { Value } from './values.ts';

interface Positioned {
  /** Offset in the source, in code points, at which messages point. */
  readonly at: number;
}

/** A literal. */
export interface Constant extends Positioned {
  readonly node: 'constant';
  readonly value: Value;
}

/** A name. With a leading dot it skips local variables. */
export interface Ident extends Positioned {
  readonly node: 'ident';
  readonly name: string;
}

/** `operand.field`, or `has(operand.field)` when `test`. */
export interface Select extends Positioned {
  readonly node: 'select';
  readonly operand: Expr;
  readonly field: string;
  readonly test: boolean;
}

/** A function, method or operator (`_+_`). */
export interface Call extends Positioned {
  readonly node: 'call';
  readonly name: string;
  readonly target?: Expr;
  readonly args: readonly Expr[];
}

/** `[a, ?b]`. */
export interface ListLiteral extends Positioned {
  readonly node: 'list';
  readonly elements: readonly Expr[];
  /** Indices of elements that are optionals and left out when empty. */
  readonly optional: ReadonlySet<number>;
}

/** An entry of a map or an object. */
export interface Entry extends Positioned {
  readonly key: Expr;
  readonly value: Expr;
  readonly optional: boolean;
}

/** `{key: value}`. */
export interface MapLiteral extends Positioned {
  readonly node: 'map';
  readonly entries: readonly Entry[];
}

/** `Name{field: value}`; keys are constants. */
export interface ObjectLiteral extends Positioned {
  readonly node: 'object';
  readonly name: string;
  readonly entries: readonly Entry[];
}

/** What macros over lists and maps become: a loop with an accumulator. */
export interface Fold extends Positioned {
  readonly node: 'fold';
  readonly range: Expr;
  readonly variable: string;
  /** The second variable: elements of lists, values of maps. Then the first is the index or the key. */
  readonly second?: string;
  readonly accumulator: string;
  readonly start: Expr;
  readonly condition: Expr;
  readonly step: Expr;
  readonly result: Expr;
}

/** `cel.bind`, `optMap`: a value with a name. */
export interface Bind extends Positioned {
  readonly node: 'bind';
  readonly variable: string;
  readonly value: Expr;
  readonly body: Expr;
}

/** A node. */
export type Expr = Constant | Ident | Select | Call | ListLiteral | MapLiteral | ObjectLiteral | Fold | Bind;

/** The name that a field's constant is. */
export const fieldName = (expr: Expr): string => (expr.node === 'constant' && typeof expr.value === 'string' ? expr.value : '');
