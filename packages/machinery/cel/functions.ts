/** How functions are declared: overloads with types for the checker, code for the evaluator, and cost. */
import { type CelType, typeText } from './types.ts';
import { CelError, CelList, CelMap, CelObject, CelOpaque, CelOptional, CelTimestamp, CelDuration, CelTypeValue, CelUint, typeOfValue, type Value } from './values.ts';

/** The code of an overload; the target of a method is the first argument. */
export type Run = (...args: Value[]) => Value;

/** What one call costs beyond its arguments. A function that looks at the arguments alone is asked before the call is made. */
export type CallCost = number | ((args: readonly Value[], result: Value) => number);

/** One signature of a function. */
export interface Overload {
  readonly parameters: readonly CelType[];
  readonly result: CelType;
  /** Called on its first parameter. */
  readonly method: boolean;
  readonly run: Run;
  readonly cost: CallCost;
  /** Code for a call some of whose arguments are constants (undefined: those that are not). */
  readonly prepare?: (constants: readonly (Value | undefined)[]) => Run | undefined;
}

/** A named overload. */
export interface Declaration {
  readonly name: string;
  readonly overload: Overload;
}

/** Functions that belong together. */
export type Library = readonly Declaration[];

/** A function `name(…)`. */
export function fn<A extends (Value | undefined)[]>(name: string, [parameters, result]: Signature, run: (...args: A) => Value, cost: CallCost = 1): Declaration {
  return { name, overload: { parameters, result, method: false, run: run as unknown as Run, cost } };
}

/** A method `x.name(…)`; `x` is the first parameter. */
export function method<A extends (Value | undefined)[]>(name: string, [parameters, result]: Signature, run: (...args: A) => Value, cost: CallCost = 1): Declaration {
  return { name, overload: { parameters, result, method: true, run: run as unknown as Run, cost } };
}

/** The declaration with code for constant arguments. */
export const prepared = ({ name, overload }: Declaration, prepare: NonNullable<Overload['prepare']>): Declaration => ({ name, overload: { ...overload, prepare } });

/** The types of the parameters, and of the result. */
export type Signature = readonly [parameters: readonly CelType[], result: CelType];

/** Whether a value can be passed where `type` is declared; members of lists and maps are not looked at. */
export function accepts(type: CelType, value: Value): boolean {
  switch (type.kind) {
    case 'string':
      return typeof value === 'string';
    case 'int':
      return typeof value === 'bigint';
    case 'bool':
      return typeof value === 'boolean';
    case 'double':
      return typeof value === 'number';
    case 'null':
      return value === null;
    case 'list':
      return value instanceof CelList;
    case 'map':
      return value instanceof CelMap;
    case 'uint':
      return value instanceof CelUint;
    case 'bytes':
      return value instanceof Uint8Array;
    case 'timestamp':
      return value instanceof CelTimestamp;
    case 'duration':
      return value instanceof CelDuration;
    case 'type':
      return value instanceof CelTypeValue;
    case 'object':
      return value instanceof CelObject && value.type.name === type.name;
    case 'opaque':
      return type.name === 'optional_type' ? value instanceof CelOptional : value instanceof CelOpaque && value.type.name === type.name;
    default:
      // Dynamic types and parameters.
      return true;
  }
}

/** No overload takes these values. */
export function noSuchOverload(name: string, args: readonly Value[]): CelError {
  if (/^[_!@-]/.test(name)) return new CelError('no such overload');
  return new CelError(`no such overload: ${name}(${args.map((one) => typeText(shortType(typeOfValue(one)))).join(', ')})`);
}

const shortType = (type: CelType): CelType => (type.kind === 'opaque' && type.name !== 'optional_type' ? { ...type, parameters: [] } : type);
