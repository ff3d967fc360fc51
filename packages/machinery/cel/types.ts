/**
 * Types of the Common Expression Language: what a checker knows of an expression before it is evaluated.
 *
 * Source: the language definition of CEL ("Gradual type checking"); cel-go's spelling of types in messages.
 */
import type { Value } from './values.ts';

/** Types without parameters. `any` is a dynamic type that schemas declare; `dyn` is one that expressions make. */
export type SimpleKind =
  | 'dyn'
  | 'any'
  | 'error'
  | 'null'
  | 'bool'
  | 'int'
  | 'uint'
  | 'double'
  | 'string'
  | 'bytes'
  | 'timestamp'
  | 'duration';

/** A field of an object type. */
export interface CelField {
  readonly type: CelType;
  /** The member of the JSON object, when expressions call it differently (`__namespace__`). */
  readonly json?: string;
}

/** An object type: named, with declared fields. */
export interface ObjectType {
  readonly kind: 'object';
  readonly name: string;
  /** Called on first use, so that types can be recursive. Undefined: no such field. */
  readonly field: (name: string) => CelField | undefined;
  /** What expressions call a member of the JSON object, when that may differ. */
  readonly named?: (json: string) => string;
}

/** How JSON becomes a value of a type that JSON does not have. */
type Adapt = (raw: unknown) => Value;

/** A type. */
export type CelType =
  | { readonly kind: SimpleKind; readonly adapt?: Adapt }
  | { readonly kind: 'list'; readonly element: CelType }
  | { readonly kind: 'map'; readonly key: CelType; readonly value: CelType }
  | ObjectType
  | { readonly kind: 'opaque'; readonly name: string; readonly parameters: readonly CelType[]; readonly adapt?: Adapt }
  | { readonly kind: 'type'; readonly of: CelType }
  | { readonly kind: 'param'; readonly name: string };

const simple = (kind: SimpleKind): CelType => ({ kind });

/** The types without parameters. */
export const DYN: CelType = simple('dyn');
export const ANY: CelType = simple('any');
export const ERROR: CelType = simple('error');
export const NULL: CelType = simple('null');
export const BOOL: CelType = simple('bool');
export const INT: CelType = simple('int');
export const UINT: CelType = simple('uint');
export const DOUBLE: CelType = simple('double');
export const STRING: CelType = simple('string');
export const BYTES: CelType = simple('bytes');
export const TIMESTAMP: CelType = simple('timestamp');
export const DURATION: CelType = simple('duration');

/** A list of `element`. */
export const listOf = (element: CelType): CelType => ({ kind: 'list', element });
/** A map. */
export const mapOf = (key: CelType, value: CelType): CelType => ({ kind: 'map', key, value });
/** A type that only functions know the inside of. */
export const opaque = (name: string, ...parameters: CelType[]): CelType => ({ kind: 'opaque', name, parameters });
/** A value that may be absent. */
export const optionalOf = (value: CelType): CelType => opaque('optional_type', value);
/** The type whose values are types. */
export const typeOf = (of: CelType): CelType => ({ kind: 'type', of });
/** A type parameter of an overload. */
export const param = (name: string): CelType => ({ kind: 'param', name });
/** An object type with these fields. */
export function objectOf(name: string, fields: { readonly [name: string]: CelType | CelField }): ObjectType {
  const known = new Map(Object.entries(fields).map(([key, field]): [string, CelField] => [key, 'kind' in field ? { type: field } : field]));
  return { kind: 'object', name, field: (key) => known.get(key) };
}

/** Whether nothing is known of the type before evaluation. */
export const isDynamic = (type: CelType): boolean => type.kind === 'dyn' || type.kind === 'any' || type.kind === 'error';

function parametersOf(type: CelType): readonly CelType[] {
  if (type.kind === 'list') return [type.element];
  if (type.kind === 'map') return [type.key, type.value];
  if (type.kind === 'opaque') return type.parameters;
  return type.kind === 'type' ? [type.of] : [];
}

/** A type as messages spell it: `map(string, int)`. */
export function typeText(type: CelType): string {
  if (type.kind === 'error') return '!error!';
  if (type.kind === 'object' || type.kind === 'param') return type.name;
  const parameters = parametersOf(type);
  const name = type.kind === 'opaque' ? type.name : type.kind;
  return parameters.length > 0 ? `${name}(${parameters.map(typeText).join(', ')})` : name;
}

const RUNTIME_NAMES: Readonly<Record<string, string>> = { null: 'null_type', any: 'google.protobuf.Any', timestamp: 'google.protobuf.Timestamp', duration: 'google.protobuf.Duration' };

/** A type as `type(x)` spells it, which refusals of whole expressions use. */
export function runtimeText(type: CelType): string {
  const parameters = parametersOf(type);
  if (parameters.length === 0) return RUNTIME_NAMES[type.kind] ?? typeText(type);
  return `${type.kind === 'opaque' ? type.name : type.kind}(${parameters.map(runtimeText).join(', ')})`;
}

/** Whether two types are the same. */
export function sameType(a: CelType, b: CelType): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind) return false;
  if (a.kind === 'object' || a.kind === 'param') return a.name === (b as typeof a).name;
  if (a.kind === 'opaque' && a.name !== (b as typeof a).name) return false;
  const ours = parametersOf(a);
  const theirs = parametersOf(b);
  return ours.length === theirs.length && ours.every((one, index) => sameType(one, theirs[index]!));
}

/** What type parameters stand for. Changes are undone with `restore`. */
export class Substitution {
  #bound = new Map<string, CelType>();
  #fresh = 0;

  /** A parameter that nothing else uses. */
  fresh(): CelType {
    return param(`_var${this.#fresh++}`);
  }

  save(): Map<string, CelType> {
    return new Map(this.#bound);
  }

  restore(saved: Map<string, CelType>): void {
    this.#bound = saved;
  }

  /** The type with parameters replaced; those that stand for nothing become `dyn` when `final`. */
  resolve(type: CelType, final = false): CelType {
    if (type.kind === 'param') {
      const bound = this.#bound.get(type.name);
      if (bound) return this.resolve(bound, final);
      return final ? DYN : type;
    }
    return rebuild(type, (one) => this.resolve(one, final));
  }

  /** Whether a value of type `actual` can stand where `wanted` is; binds parameters. */
  assignable(wanted: CelType, actual: CelType): boolean {
    if (actual.kind === 'param') {
      const { valid, known } = this.#substitute(wanted, actual.name);
      if (known) return valid;
      if (valid) return true;
    }
    if (wanted.kind === 'param') return this.#substitute(actual, wanted.name).valid;
    if (isDynamic(wanted) || isDynamic(actual)) return true;
    if (wanted.kind !== actual.kind) return actual.kind === 'null' && (wanted.kind === 'object' || wanted.kind === 'timestamp' || wanted.kind === 'duration' || wanted.kind === 'opaque');
    if (wanted.kind === 'object') return wanted.name === (actual as ObjectType).name;
    if (wanted.kind === 'type') return true;
    if (wanted.kind === 'opaque' && wanted.name !== (actual as typeof wanted).name) return false;
    const theirs = parametersOf(actual);
    return parametersOf(wanted).every((one, index) => this.assignable(one, theirs[index]!));
  }

  /** Whether all can stand where all are wanted; binds nothing when not. */
  allAssignable(wanted: readonly CelType[], actual: readonly CelType[]): boolean {
    if (wanted.length !== actual.length) return false;
    const saved = this.save();
    if (wanted.every((one, index) => this.assignable(one, actual[index]!))) return true;
    this.restore(saved);
    return false;
  }

  #substitute(type: CelType, name: string): { readonly valid: boolean; readonly known: boolean } {
    if (type.kind === 'param' && type.name === name) return { valid: true, known: true };
    const bound = this.#bound.get(name);
    if (bound) {
      if (!this.assignable(type, bound)) return { valid: false, known: true };
      const general = mostGeneral(type, bound);
      if (!this.#mentions(general, name)) this.#bound.set(name, general);
      return { valid: true, known: true };
    }
    if (this.#mentions(type, name)) return { valid: false, known: false };
    this.#bound.set(name, type);
    return { valid: true, known: false };
  }

  #mentions(type: CelType, name: string): boolean {
    if (type.kind === 'param') {
      if (type.name === name) return true;
      const bound = this.#bound.get(type.name);
      return bound !== undefined && this.#mentions(bound, name);
    }
    return parametersOf(type).some((one) => this.#mentions(one, name));
  }
}

/** The type with its parameters (of a list, a map, …) replaced; itself when nothing changes. */
export function rebuild(type: CelType, replace: (one: CelType) => CelType): CelType {
  if (type.kind === 'list') {
    const element = replace(type.element);
    return element === type.element ? type : listOf(element);
  }
  if (type.kind === 'map') {
    const key = replace(type.key);
    const value = replace(type.value);
    return key === type.key && value === type.value ? type : mapOf(key, value);
  }
  if (type.kind === 'opaque' && type.parameters.length > 0) return opaque(type.name, ...type.parameters.map(replace));
  return type.kind === 'type' ? typeOf(replace(type.of)) : type;
}

/** Of two compatible types, the one that says less. */
export function mostGeneral(a: CelType, b: CelType): CelType {
  return saysNoMore(a, b) ? a : b;
}

function saysNoMore(a: CelType, b: CelType): boolean {
  if (isDynamic(a) || a.kind === 'param') return true;
  if (isDynamic(b) || b.kind === 'param') return false;
  if (a.kind !== b.kind) return false;
  const theirs = parametersOf(b);
  return parametersOf(a).every((one, index) => theirs[index] !== undefined && saysNoMore(one, theirs[index]));
}
