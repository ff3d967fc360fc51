/**
 * Finds the type of every part of an expression, and which overloads each call can mean.
 *
 * Source: the language definition of CEL ("Gradual type checking"); messages as cel-go's checker gives them.
 */
import { type Call, type Entry, type Expr, fieldName, type Fold, type ListLiteral, type MapLiteral, type ObjectLiteral, type Select } from './ast.ts';
import type { Environment } from './environment.ts';
import type { Overload } from './functions.ts';
import { type Issue, MAX_ISSUES } from './issues.ts';
import { TYPE_NAMES, textToDuration, textToTimestamp } from './standard/conversions.ts';
import { compileRegex } from './standard/texts.ts';
import { BOOL, type CelType, DYN, ERROR, INT, isDynamic, listOf, mapOf, mostGeneral, type ObjectType, optionalOf, rebuild, Substitution, typeOf, typeText } from './types.ts';
import { CelError, typeOfValue, type Value } from './values.ts';

/** What the checker found out. */
export interface Checked {
  /** The type of each node. */
  readonly types: ReadonlyMap<Expr, CelType>;
  /** The overloads that a call can mean. */
  readonly overloads: ReadonlyMap<Call, readonly Overload[]>;
  /** Calls whose target is part of the function's name (`optional.of`). */
  readonly qualified: ReadonlyMap<Call, string>;
}

/** Checks an expression; no issues: it can be evaluated. */
export function check(expr: Expr, environment: Environment): Checked & { readonly issues: readonly Issue[] } {
  const checker = new Checker(environment);
  checker.check(expr);
  return checker.result();
}

/** `a.b.c` as one name. */
function qualifiedName(expr: Expr): string | undefined {
  if (expr.node === 'ident') return expr.name;
  if (expr.node !== 'select' || expr.test) return undefined;
  const prefix = qualifiedName(expr.operand);
  return prefix === undefined ? undefined : `${prefix}.${expr.field}`;
}

class Checker {
  readonly #environment: Environment;
  readonly #types = new Map<Expr, CelType>();
  readonly #overloads = new Map<Call, readonly Overload[]>();
  readonly #qualified = new Map<Call, string>();
  readonly #issues: Issue[] = [];
  readonly #substitution = new Substitution();
  /** Local variables, innermost last. */
  readonly #locals: (readonly [string, CelType])[] = [];

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  result(): Checked & { readonly issues: readonly Issue[] } {
    const types = new Map([...this.#types].map(([expr, type]): [Expr, CelType] => [expr, this.#substitution.resolve(type, true)]));
    return { types, overloads: this.#overloads, qualified: this.#qualified, issues: this.#issues.slice(0, MAX_ISSUES) };
  }

  check(expr: Expr): CelType {
    const type = this.#typeOf(expr);
    this.#types.set(expr, type);
    return type;
  }

  #report(at: number, message: string): CelType {
    this.#issues.push({ at, message });
    return ERROR;
  }

  #typeOf(expr: Expr): CelType {
    switch (expr.node) {
      case 'constant':
        return typeOfValue(expr.value);
      case 'ident':
        return this.#variable(expr.name) ?? this.#undeclared(expr.at, expr.name);
      case 'select':
        return this.#select(expr);
      case 'call':
        return this.#call(expr);
      case 'list':
        return this.#list(expr);
      case 'map':
        return this.#map(expr);
      case 'object':
        return this.#object(expr);
      case 'fold':
        return this.#fold(expr);
      case 'bind':
        return this.#within([[expr.variable, this.check(expr.value)]], () => this.check(expr.body));
    }
  }

  #undeclared(at: number, name: string): CelType {
    return this.#report(at, `undeclared reference to '${name.replace(/^\./, '')}' (in container '')`);
  }

  #variable(name: string): CelType | undefined {
    if (!name.startsWith('.')) {
      const local = this.#locals.findLast(([known]) => known === name);
      if (local) return local[1];
    }
    const global = name.replace(/^\./, '');
    const named = TYPE_NAMES.get(global);
    return this.#environment.variables.get(global) ?? (named && typeOf(named));
  }

  #within<T>(variables: readonly (readonly [string, CelType])[], check: () => T): T {
    this.#locals.push(...variables);
    const result = check();
    this.#locals.length -= variables.length;
    return result;
  }

  #resolved(type: CelType): CelType {
    return type.kind === 'param' ? this.#substitution.resolve(type) : type;
  }

  #select(expr: Select): CelType {
    const name = qualifiedName(expr);
    const variable = name === undefined || !name.includes('.') ? undefined : this.#variable(name);
    if (variable) return variable;
    const operand = this.#resolved(this.check(expr.operand));
    const field = this.#fieldType(operand, expr.field, expr.at);
    return expr.test ? BOOL : field;
  }

  #fieldType(operand: CelType, field: string, at: number): CelType {
    if (isDynamic(operand)) return DYN;
    if (operand.kind === 'map') return operand.value;
    if (operand.kind === 'object') return operand.field(field)?.type ?? this.#report(at, `undefined field '${field}'`);
    if (operand.kind === 'opaque' && operand.name === 'optional_type') return optionalOf(this.#fieldType(this.#resolved(operand.parameters[0]!), field, at));
    // An unbound parameter: of the empty list, say.
    if (operand.kind === 'param') return DYN;
    return this.#report(at, `type '${typeText(this.#substitution.resolve(operand, true))}' does not support field selection`);
  }

  #call(expr: Call): CelType {
    if (expr.name === '_?._') return this.#optionalSelect(expr);
    const args = expr.args.map((one) => this.check(one));
    if (expr.name === '_&&_' || expr.name === '_||_') return this.#logic(expr, args);
    if (expr.name === '_?_:_') return this.#ternary(expr, args);
    if (!expr.target) return this.#resolve(expr, { name: expr.name.replace(/^\./, ''), types: args, method: false });
    const prefix = qualifiedName(expr.target);
    const name = `${prefix}.${expr.name}`;
    if (prefix !== undefined && this.#environment.functions.has(name)) {
      this.#qualified.set(expr, name);
      return this.#resolve(expr, { name, types: args, method: false });
    }
    const target = this.check(expr.target);
    return this.#resolve(expr, { name: expr.name, types: [target, ...args], method: true });
  }

  #optionalSelect(expr: Call): CelType {
    const operand = this.#resolved(this.check(expr.args[0]!));
    this.check(expr.args[1]!);
    const name = fieldName(expr.args[1]!);
    const field = this.#fieldType(operand, name, expr.at);
    return field.kind === 'opaque' && field.name === 'optional_type' && operand.kind === 'opaque' ? field : optionalOf(field);
  }

  #logic(expr: Call, args: readonly CelType[]): CelType {
    const fits = args.every((one) => this.#substitution.assignable(BOOL, one));
    return fits ? BOOL : this.#noMatch(expr, args, false);
  }

  #ternary(expr: Call, [condition, yes, no]: readonly CelType[]): CelType {
    if (!this.#substitution.assignable(BOOL, condition!)) return this.#noMatch(expr, [condition!, yes!, no!], false);
    if (this.#substitution.assignable(yes!, no!)) return mostGeneral(this.#substitution.resolve(yes!), this.#substitution.resolve(no!));
    return this.#noMatch(expr, [condition!, yes!, no!], false);
  }

  #noMatch(expr: Call, types: readonly CelType[], method: boolean): CelType {
    const texts = types.map((one) => typeText(this.#substitution.resolve(one, true)));
    const args = method ? `${texts[0]}.(${texts.slice(1).join(', ')})` : `(${texts.join(', ')})`;
    return this.#report(expr.at, `found no matching overload for '${expr.name.replace(/^\./, '')}' applied to '${args}'`);
  }

  #resolve(expr: Call, { name, types, method }: Invocation): CelType {
    const known = this.#environment.functions.get(name);
    if (!known) return this.#undeclared(expr.at, name);
    const matching: Overload[] = [];
    let result: CelType | undefined;
    for (const overload of known) {
      if (overload.method !== method) continue;
      const { parameters, result: own } = this.#instance(overload);
      if (!this.#substitution.allAssignable(parameters, types)) continue;
      matching.push(overload);
      // Of dynamic arguments nothing follows for the result.
      const resolved = this.#substitution.resolve(own, types.some(isDynamic));
      result = result === undefined || sameResult(result, resolved) ? resolved : DYN;
    }
    if (result === undefined) return this.#noMatch({ ...expr, name }, types, method);
    this.#overloads.set(expr, matching);
    const literal = expr.args.at(-1);
    if (literal?.node === 'constant' && !isValidLiteral(name, literal.value)) this.#report(literal.at, `invalid ${name} argument`);
    return result;
  }

  /** The overload with parameters of its own. */
  #instance(overload: Overload): Pick<Overload, 'parameters' | 'result'> {
    const fresh = new Map<string, CelType>();
    const rename = (type: CelType): CelType => {
      if (type.kind !== 'param') return rebuild(type, rename);
      let own = fresh.get(type.name);
      if (!own) fresh.set(type.name, (own = this.#substitution.fresh()));
      return own;
    };
    return { parameters: overload.parameters.map(rename), result: rename(overload.result) };
  }

  /** Elements of a literal must agree. */
  #joined(previous: CelType | undefined, type: CelType, at: number): CelType {
    if (!previous) return type;
    if (this.#substitution.assignable(previous, type)) return mostGeneral(previous, type);
    this.#report(at, `expected type '${typeText(this.#substitution.resolve(previous, true))}' but found '${typeText(this.#substitution.resolve(type, true))}'`);
    return previous;
  }

  /** The type of what stands behind a `?`. */
  #present(type: CelType, optional: boolean, at: number): CelType {
    if (!optional) return type;
    const resolved = this.#resolved(type);
    if (isDynamic(resolved)) return DYN;
    if (resolved.kind === 'opaque' && resolved.name === 'optional_type') return resolved.parameters[0]!;
    return this.#report(at, `expected type 'optional_type(${typeText(resolved)})' but found '${typeText(resolved)}'`);
  }

  #list({ elements, optional }: ListLiteral): CelType {
    let element: CelType | undefined;
    for (const [index, one] of elements.entries()) element = this.#joined(element, this.#present(this.check(one), optional.has(index), one.at), one.at);
    return listOf(element ?? this.#substitution.fresh());
  }

  #map({ entries }: MapLiteral): CelType {
    let key: CelType | undefined;
    let value: CelType | undefined;
    for (const entry of entries) {
      key = this.#joined(key, this.check(entry.key), entry.key.at);
      value = this.#joined(value, this.#entryValue(entry), entry.value.at);
    }
    return mapOf(key ?? this.#substitution.fresh(), value ?? this.#substitution.fresh());
  }

  #entryValue(entry: Entry): CelType {
    return this.#present(this.check(entry.value), entry.optional, entry.value.at);
  }

  #object({ name, entries, at }: ObjectLiteral): CelType {
    const type: ObjectType | undefined = this.#environment.typeNamed(name.replace(/^\./, ''));
    for (const entry of entries) {
      this.check(entry.key);
      const value = this.#entryValue(entry);
      if (!type) continue;
      const field = fieldName(entry.key);
      const wanted = type.field(field)?.type ?? this.#report(entry.at, `undefined field '${field}'`);
      if (!this.#substitution.assignable(wanted, value))
        this.#report(entry.at, `expected type of field '${field}' is '${typeText(wanted)}' but provided type is '${typeText(this.#substitution.resolve(value, true))}'`);
    }
    return type ?? this.#undeclared(at, name);
  }

  #fold(expr: Fold): CelType {
    const range = this.#resolved(this.check(expr.range));
    const accumulator = this.check(expr.start);
    const variables = this.#iterated(expr, range);
    return this.#within([[expr.accumulator, accumulator]], () => {
      this.#within(variables, () => {
        this.#assert(expr.condition, BOOL);
        this.#assert(expr.step, accumulator);
      });
      return this.#substitution.resolve(this.check(expr.result));
    });
  }

  #iterated({ range: { at }, variable, second }: Fold, range: CelType): (readonly [string, CelType])[] {
    const types = rangeTypes(range) ?? (this.#report(at, `expression of type '${typeText(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`), [ERROR, ERROR, ERROR]);
    const [single, first, other] = types;
    return second === undefined ? [[variable, single!]] : [
      [variable, first!],
      [second, other!],
    ];
  }

  #assert(expr: Expr, wanted: CelType): void {
    const found = this.check(expr);
    if (this.#substitution.assignable(wanted, found)) return;
    const [want, have] = [wanted, found].map((one) => typeText(this.#substitution.resolve(one, true)));
    this.#report(expr.at, `expected type '${want}' but found '${have}'`);
  }
}

interface Invocation {
  readonly name: string;
  readonly types: readonly CelType[];
  readonly method: boolean;
}

/** Of a range: the type of one variable, and the types of two. */
function rangeTypes(range: CelType): readonly CelType[] | undefined {
  if (range.kind === 'list') return [range.element, INT, range.element];
  if (range.kind === 'map') return [range.key, range.key, range.value];
  return isDynamic(range) || range.kind === 'param' ? [DYN, DYN, DYN] : undefined;
}

const sameResult = (a: CelType, b: CelType): boolean => typeText(a) === typeText(b);

const LITERALS: ReadonlyMap<string, (text: string) => unknown> = new Map<string, (text: string) => unknown>([
  ['duration', textToDuration],
  ['timestamp', textToTimestamp],
  ['matches', compileRegex],
]);

/** Texts that functions parse are checked when they are constants. */
function isValidLiteral(name: string, value: Value): boolean {
  const read = LITERALS.get(name);
  if (!read || typeof value !== 'string') return true;
  try {
    read(value);
    return true;
  } catch (error) {
    if (error instanceof CelError) return false;
    throw error;
  }
}
