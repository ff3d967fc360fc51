/**
 * Turns a checked expression into functions that evaluate it.
 *
 * Source: costs as cel-go's tracker counts them: one for a variable and a step of access, ten for a list, thirty for a map.
 */
import { type Call, type Constant, type Expr, fieldName, type Fold, type ListLiteral, type MapLiteral, type ObjectLiteral, type Select } from './ast.ts';
import type { Checked } from './checker.ts';
import type { Environment } from './environment.ts';
import { CostLimitExceeded, type Frame, type Plan } from './frame.ts';
import { accepts, noSuchOverload, type Overload, type Run } from './functions.ts';
import { planLoop } from './loops.ts';
import { TYPE_NAMES } from './standard/conversions.ts';
import type { CelType } from './types.ts';
import { CelError, CelMap, CelObject, CelOptional, CelTypeValue, NONE, type Value, ValueList, ValueMap } from './values.ts';

const LIST_COST = 10;
const MAP_COST = 30;
const OBJECT_COST = 40;

/** The plan of a checked expression. */
export function plan(expr: Expr, checked: Checked, environment: Environment): Plan {
  return new Planner(checked, environment).plan(expr);
}

/** The planner, as loops see it. */
export interface PlanParts {
  plan(expr: Expr): Plan;
  /** Plans with further local variables; `plans` gets their slots. */
  within<T>(names: readonly string[], plans: (slots: readonly number[]) => T): T;
}

class Planner implements PlanParts {
  readonly #checked: Checked;
  readonly #environment: Environment;
  readonly #globals: ReadonlyMap<string, number>;
  readonly #locals: string[] = [];

  constructor(checked: Checked, environment: Environment) {
    this.#checked = checked;
    this.#environment = environment;
    this.#globals = new Map([...environment.variables.keys()].map((name, slot) => [name, slot]));
  }

  within<T>(names: readonly string[], plans: (slots: readonly number[]) => T): T {
    const first = this.#globals.size + this.#locals.length;
    this.#locals.push(...names);
    const result = plans(names.map((_, index) => first + index));
    this.#locals.length -= names.length;
    return result;
  }

  plan(expr: Expr): Plan {
    switch (expr.node) {
      case 'constant':
        return constantPlan(expr);
      case 'ident':
        return this.#variable(expr.name)!;
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
      case 'bind': {
        const value = this.plan(expr.value);
        return this.within([expr.variable], ([slot]) => {
          const body = this.plan(expr.body);
          return (frame) => {
            frame.slots[slot!] = value(frame);
            return body(frame);
          };
        });
      }
    }
  }

  #variable(name: string): Plan | undefined {
    const local = name.startsWith('.') ? -1 : this.#locals.lastIndexOf(name);
    if (local >= 0) return localPlan(this.#globals.size + local);
    const global = name.replace(/^\./, '');
    const slot = this.#globals.get(global);
    if (slot !== undefined) {
      const type = this.#environment.variables.get(global)!;
      return (frame) => {
        frame.charge(1);
        return frame.read(slot, global, type);
      };
    }
    const type = TYPE_NAMES.get(global);
    const value = type && new CelTypeValue(type);
    return value && (() => value);
  }

  #select(expr: Select): Plan {
    const name = dotted(expr);
    const variable = name === undefined ? undefined : this.#variable(name);
    if (variable) return variable;
    const operand = this.plan(expr.operand);
    const { field, test } = expr;
    if (test) return (frame) => hasField(operand(frame), field);
    return (frame) => {
      frame.charge(1);
      return fieldOf(operand(frame), field);
    };
  }

  #call(expr: Call): Plan {
    const [first, second, third] = expr.args;
    if (expr.name === '_&&_') return logicPlan(this.plan(first!), this.plan(second!), false);
    if (expr.name === '_||_') return logicPlan(this.plan(first!), this.plan(second!), true);
    if (expr.name === '_?_:_') return ternaryPlan(this.plan(first!), this.plan(second!), this.plan(third!));
    if (expr.name === '_?._') return optionalFieldPlan(this.plan(first!), fieldName(second!));
    const name = this.#checked.qualified.get(expr) ?? expr.name;
    const args = expr.target && !this.#checked.qualified.has(expr) ? [expr.target, ...expr.args] : expr.args;
    const overloads = this.#checked.overloads.get(expr)!;
    const plans = args.map((one) => this.plan(one));
    const constants = args.map((one) => (one.node === 'constant' ? one.value : undefined));
    if (overloads.length === 1) return directPlan(name, overloads[0]!, plans, constants);
    return dispatchPlan(name, overloads, plans);
  }

  #list({ elements, optional }: ListLiteral): Plan {
    const plans = elements.map((one) => this.plan(one));
    return (frame) => {
      frame.charge(LIST_COST);
      const items: Value[] = [];
      for (let i = 0; i < plans.length; i += 1) {
        const value = plans[i]!(frame);
        if (!optional.has(i)) items.push(value);
        else if (optionalValue(value) !== undefined) items.push((value as CelOptional).value!);
      }
      return new ValueList(items);
    };
  }

  #map({ entries }: MapLiteral): Plan {
    const plans = entries.map(({ key, value, optional }) => ({ key: this.plan(key), value: this.plan(value), optional }));
    return (frame) => {
      frame.charge(MAP_COST);
      const map = new ValueMap();
      for (const { key, value, optional } of plans) {
        const at = key(frame);
        const found = optional ? optionalValue(value(frame)) : value(frame);
        if (found !== undefined) addEntry(map, at, found);
      }
      return map;
    };
  }

  #object({ name, entries }: ObjectLiteral): Plan {
    const type = this.#environment.typeNamed(name.replace(/^\./, ''))!;
    const plans = entries.map(({ key, value, optional }) => {
      const field = fieldName(key);
      return { json: type.field(field)?.json ?? field, value: this.plan(value), optional };
    });
    return (frame) => {
      frame.charge(OBJECT_COST);
      const raw: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
      for (const { json, value, optional } of plans) {
        const found = optional ? optionalValue(value(frame)) : value(frame);
        if (found !== undefined) raw[json] = found;
      }
      return new CelObject(type, raw);
    };
  }

  #fold(expr: Fold): Plan {
    return planLoop(expr, this);
  }
}

function addEntry(map: ValueMap, key: Value, value: Value): void {
  if (map.has(key)) throw new CelError('Failed with repeated key');
  map.add(key, value);
}

/** `a.b.c` as one name. */
function dotted(expr: Expr): string | undefined {
  if (expr.node === 'ident') return expr.name;
  if (expr.node !== 'select' || expr.test) return undefined;
  const prefix = dotted(expr.operand);
  return prefix === undefined ? undefined : `${prefix}.${expr.field}`;
}

function constantPlan({ value }: Constant): Plan {
  return () => value;
}

function localPlan(slot: number): Plan {
  return (frame) => {
    frame.charge(1);
    return frame.slots[slot]!;
  };
}

/** What stands behind a `?`. @throws CelError when it is no optional */
function optionalValue(value: Value): Value | undefined {
  if (value instanceof CelOptional) return value.value;
  throw new CelError('cannot initialize optional entry from non-optional value');
}

function member(value: Value, field: string): Value | undefined {
  if (value instanceof CelMap || value instanceof CelObject) return value.get(field);
  return undefined;
}

function fieldOf(value: Value, field: string): Value {
  if (value instanceof CelOptional) return optionalField(value, field);
  const found = member(value, field);
  if (found === undefined) throw new CelError(`no such key: ${field}`);
  return found;
}

function hasField(value: Value, field: string): boolean {
  if (value instanceof CelOptional) return value.value !== undefined && hasField(value.value, field);
  return member(value, field) !== undefined;
}

function optionalField(value: Value, field: string): CelOptional {
  const inner = value instanceof CelOptional ? value.value : value;
  if (inner === undefined) return NONE;
  const found = member(inner, field);
  return found === undefined ? NONE : new CelOptional(found);
}

function optionalFieldPlan(operand: Plan, field: string): Plan {
  return (frame) => {
    frame.charge(1);
    return optionalField(operand(frame), field);
  };
}

/** `&&` and `||`: one side may fail when the other decides. */
function logicPlan(left: Plan, right: Plan, decisive: boolean): Plan {
  const leftFailed = (frame: Frame, error: unknown): boolean => {
    if (!(error instanceof CelError) || error instanceof CostLimitExceeded || right(frame) !== decisive) throw error;
    return decisive;
  };
  return (frame) => {
    let first: Value;
    try {
      first = left(frame);
    } catch (error) {
      return leftFailed(frame, error);
    }
    if (first === decisive) return decisive;
    const second = right(frame);
    if (second === decisive) return decisive;
    if (typeof first !== 'boolean' || typeof second !== 'boolean') throw new CelError('no such overload');
    return !decisive;
  };
}

function ternaryPlan(condition: Plan, yes: Plan, no: Plan): Plan {
  return (frame) => {
    const decided = condition(frame);
    if (decided === true) return yes(frame);
    if (decided === false) return no(frame);
    throw new CelError('no such overload');
  };
}

function directPlan(name: string, overload: Overload, plans: readonly Plan[], constants: readonly (Value | undefined)[]): Plan {
  const run: Run = overload.prepare?.(constants) ?? overload.run;
  const call = callOf(overload, run);
  const { parameters, cost } = overload;
  if (plans.length === 2 && isBefore(cost)) return binaryPlan({ name, overload, run, cost }, plans[0]!, plans[1]!);
  return (frame) => {
    const args = plans.map((one) => one(frame));
    for (let i = 0; i < args.length; i += 1) if (!accepts(parameters[i]!, args[i]!)) throw noSuchOverload(name, args);
    return call(frame, args);
  };
}

type CostBefore = number | ((args: readonly Value[]) => number);

/** Whether the arguments alone say how much a call costs. */
const isBefore = (cost: Overload['cost']): cost is CostBefore => typeof cost === 'number' || cost.length < 2;

/** Makes the call and charges for it: before, where that can be. */
function callOf({ cost }: Overload, run: Run): (frame: Frame, args: Value[]) => Value {
  if (isBefore(cost)) {
    return (frame, args) => {
      frame.charge(typeof cost === 'number' ? cost : cost(args));
      return run(...args);
    };
  }
  return (frame, args) => {
    const result = run(...args);
    frame.charge(cost(args, result));
    return result;
  };
}

interface Binary {
  readonly name: string;
  readonly overload: Overload;
  readonly run: Run;
  readonly cost: CostBefore;
}

/** The most frequent form. */
function binaryPlan({ name, overload, run, cost }: Binary, left: Plan, right: Plan): Plan {
  const [first, second] = overload.parameters as [CelType, CelType];
  return (frame) => {
    const a = left(frame);
    const b = right(frame);
    if (!accepts(first, a) || !accepts(second, b)) throw noSuchOverload(name, [a, b]);
    frame.charge(typeof cost === 'number' ? cost : cost([a, b]));
    return run(a, b);
  };
}

function dispatchPlan(name: string, overloads: readonly Overload[], plans: readonly Plan[]): Plan {
  const calls = overloads.map((overload) => ({ parameters: overload.parameters, call: callOf(overload, overload.run) }));
  return (frame) => {
    const args = plans.map((one) => one(frame));
    const found = calls.find(({ parameters }) => parameters.every((one, index) => accepts(one, args[index]!)));
    if (!found) throw noSuchOverload(name, args);
    return found.call(frame, args);
  };
}
