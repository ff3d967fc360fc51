/**
 * Values of expressions. Null, booleans, strings and bytes are JavaScript's own; an int is a bigint, a double a number; the rest are the classes here.
 *
 * Lists, maps and objects of the API are wrapped, not converted: a member is converted when an expression reads it.
 */
import { BOOL, BYTES, type CelType, DOUBLE, DURATION, DYN, INT, listOf, mapOf, NULL, type ObjectType, optionalOf, runtimeText, STRING, TIMESTAMP, typeOf, typeText, UINT } from './types.ts';

/** An expression failed while it was evaluated: `no such key: x`. */
export class CelError extends Error {}

/** An unsigned integer of 64 bits. */
export class CelUint {
  readonly value: bigint;

  constructor(value: bigint) {
    this.value = value;
  }
}

/** A point in time: nanoseconds since the epoch. */
export class CelTimestamp {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

/** A span of time in nanoseconds. */
export class CelDuration {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

/** A type as a value: what `type(x)` is. */
export class CelTypeValue {
  readonly type: CelType;

  constructor(type: CelType) {
    this.type = type;
  }

  /** The name that `string(type(x))` gives: without parameters. */
  get name(): string {
    const { type } = this;
    return type.kind === 'opaque' || type.kind === 'object' ? type.name : runtimeText(type).replace(/\(.*/, '');
  }
}

/** A value that may be absent. */
export class CelOptional {
  readonly value: Value | undefined;

  constructor(value: Value | undefined) {
    this.value = value;
  }
}

/** The absent optional. */
export const NONE = new CelOptional(undefined);

/** A list. */
export abstract class CelList {
  /** Its weight, once somebody has asked for it. */
  weight: number | undefined;
  abstract readonly size: number;
  /** The element at an index that exists. */
  abstract get(index: number): Value;

  *[Symbol.iterator](): IterableIterator<Value> {
    for (let i = 0; i < this.size; i += 1) yield this.get(i);
  }

  /** Source of `weight`. */
  weigh(): number {
    let sum = 1;
    for (const one of this) sum += weightOf(one);
    return sum;
  }
}

/** A list of values. */
export class ValueList extends CelList {
  readonly items: Value[];

  constructor(items: Value[]) {
    super();
    this.items = items;
  }

  get size(): number {
    return this.items.length;
  }

  get(index: number): Value {
    return this.items[index]!;
  }
}

/** Two lists one after the other, without copying: expressions may double a list many times at little cost. */
export class JoinedList extends CelList {
  readonly #first: CelList;
  readonly #second: CelList;
  readonly size: number;

  constructor(first: CelList, second: CelList) {
    super();
    this.#first = first;
    this.#second = second;
    this.size = first.size + second.size;
  }

  get(index: number): Value {
    const { size } = this.#first;
    return index < size ? this.#first.get(index) : this.#second.get(index - size);
  }

  override weigh(): number {
    return weightOf(this.#first) + weightOf(this.#second);
  }
}

class JsonList extends CelList {
  readonly #raw: readonly unknown[];
  readonly #element: CelType;

  constructor(raw: readonly unknown[], element: CelType) {
    super();
    this.#raw = raw;
    this.#element = element;
  }

  get size(): number {
    return this.#raw.length;
  }

  get(index: number): Value {
    return adapt(this.#raw[index], this.#element);
  }
}

/** A map. */
export abstract class CelMap {
  /** Its weight, once somebody has asked for it. */
  weight: number | undefined;
  abstract readonly size: number;
  abstract get(key: Value): Value | undefined;
  abstract keys(): Iterable<Value>;

  has(key: Value): boolean {
    return this.get(key) !== undefined;
  }

  /** Source of `weight`. */
  weigh(): number {
    let sum = 1;
    for (const key of this.keys()) sum += weightOf(key) + weightOf(this.get(key)!);
    return sum;
  }
}

/** How much there is to look at in a value: characters, and elements with what is in them, counted as often as they occur. Charged before work that looks at all of it. */
export function weightOf(value: Value): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return Math.max(1, value.length);
  if (value instanceof CelList || value instanceof CelMap) return (value.weight ??= value.weigh());
  return value instanceof CelOptional && value.value !== undefined ? weightOf(value.value) : 1;
}

/** What keys are compared by: numbers of all types by their amount. */
export function keyId(key: Value): string | boolean | bigint | undefined {
  if (typeof key === 'string' || typeof key === 'boolean' || typeof key === 'bigint') return key;
  if (key instanceof CelUint) return key.value;
  return typeof key === 'number' && Number.isInteger(key) ? BigInt(key) : undefined;
}

/** A map of values. */
export class ValueMap extends CelMap {
  readonly #entries = new Map<string | boolean | bigint, readonly [Value, Value]>();

  get size(): number {
    return this.#entries.size;
  }

  get(key: Value): Value | undefined {
    const id = keyId(key);
    return id === undefined ? undefined : this.#entries.get(id)?.[1];
  }

  *keys(): IterableIterator<Value> {
    for (const [key] of this.#entries.values()) yield key;
  }

  /** @throws CelError when the key is there already, or of a type that keys do not have. */
  add(key: Value, value: Value): this {
    const id = typeof key === 'number' ? undefined : keyId(key);
    if (id === undefined) throw new CelError(`unsupported key type: ${new CelTypeValue(typeOfValue(key)).name}`);
    if (this.#entries.has(id)) throw new CelError(`insert failed: key ${valueText(key)} already exists`);
    this.#entries.set(id, [key, value]);
    return this;
  }

  /** Sets an entry, whether it is there or not. */
  put(key: Value, value: Value): void {
    const id = keyId(key);
    if (id !== undefined) this.#entries.set(id, [key, value]);
  }
}

class JsonMap extends CelMap {
  readonly #raw: Readonly<Record<string, unknown>>;
  readonly #value: CelType;

  constructor(raw: Readonly<Record<string, unknown>>, value: CelType) {
    super();
    this.#raw = raw;
    this.#value = value;
  }

  get size(): number {
    return Object.keys(this.#raw).length;
  }

  get(key: Value): Value | undefined {
    if (typeof key !== 'string' || !Object.hasOwn(this.#raw, key)) return undefined;
    return adapt(this.#raw[key], this.#value);
  }

  keys(): Iterable<Value> {
    return Object.keys(this.#raw);
  }
}

/** An object of a declared type. */
export class CelObject {
  readonly type: ObjectType;
  readonly #raw: Readonly<Record<string, unknown>>;

  constructor(type: ObjectType, raw: Readonly<Record<string, unknown>>) {
    this.type = type;
    this.#raw = raw;
  }

  /** The value of a field; undefined when it is not set. */
  get(name: string): Value | undefined {
    const field = this.type.field(name);
    if (!field) return undefined;
    const key = field.json ?? name;
    const raw = Object.hasOwn(this.#raw, key) ? this.#raw[key] : undefined;
    return raw === undefined ? undefined : adapt(raw, field.type);
  }

  /** The object as JSON has it. */
  get raw(): Readonly<Record<string, unknown>> {
    return this.#raw;
  }
}

/** A value of which only functions know the inside. */
export abstract class CelOpaque {
  abstract readonly type: CelType & { readonly kind: 'opaque' };
  abstract equals(other: CelOpaque): boolean;
}

/** A value. */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | CelUint
  | CelTimestamp
  | CelDuration
  | CelTypeValue
  | CelOptional
  | CelList
  | CelMap
  | CelObject
  | CelOpaque;

const LIST = listOf(DYN);
const MAP = mapOf(DYN, DYN);

/** The type of a value, parameters unknown. */
export function typeOfValue(value: Value): CelType {
  if (value === null) return NULL;
  if (typeof value === 'string') return STRING;
  if (typeof value === 'boolean') return BOOL;
  if (typeof value === 'bigint') return INT;
  if (typeof value === 'number') return DOUBLE;
  if (value instanceof CelList) return LIST;
  if (value instanceof CelMap) return MAP;
  if (value instanceof CelObject || value instanceof CelOpaque) return value.type;
  if (value instanceof CelUint) return UINT;
  if (value instanceof CelTimestamp) return TIMESTAMP;
  if (value instanceof CelDuration) return DURATION;
  if (value instanceof CelOptional) return optionalOf(DYN);
  return value instanceof CelTypeValue ? typeOf(DYN) : BYTES;
}

/** A value in a message about it. */
export function valueText(value: Value): string {
  if (typeof value === 'string') return value;
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint' || typeof value === 'number') return String(value);
  if (value instanceof CelUint) return String(value.value);
  return typeText(typeOfValue(value));
}

const isPlain = (raw: unknown): raw is Readonly<Record<string, unknown>> => typeof raw === 'object' && raw !== null;

/** JSON, or a value already, as a value of the type that a schema declares. */
export function adapt(raw: unknown, type: CelType): Value {
  if (raw === null || raw === undefined) return null;
  if (typeof raw === 'string') return adaptString(raw, type);
  if (typeof raw === 'boolean' || typeof raw === 'bigint') return raw;
  if (typeof raw === 'number') return adaptNumber(raw, type);
  if (isValueObject(raw)) return raw;
  if (type.kind === 'opaque' && type.adapt) return type.adapt(raw);
  if (Array.isArray(raw)) return new JsonList(raw, type.kind === 'list' ? type.element : DYN);
  if (!isPlain(raw)) throw new CelError(`unsupported conversion to ref.Val: ${typeof raw}`);
  if (type.kind === 'object') return new CelObject(type, raw);
  return new JsonMap(raw, type.kind === 'map' ? type.value : DYN);
}

function isValueObject(raw: unknown): raw is Exclude<Value, null | boolean | bigint | number | string> {
  return (
    raw instanceof CelMap ||
    raw instanceof CelList ||
    raw instanceof CelObject ||
    raw instanceof CelOpaque ||
    raw instanceof Uint8Array ||
    raw instanceof CelUint ||
    raw instanceof CelTimestamp ||
    raw instanceof CelDuration ||
    raw instanceof CelOptional ||
    raw instanceof CelTypeValue
  );
}

function adaptNumber(raw: number, type: CelType): Value {
  if (type.kind === 'double') return raw;
  if (type.kind === 'opaque' && type.adapt) return type.adapt(raw);
  // JSON has one type of number: those without a fraction are ints, as decoders for the API read them.
  if (!Number.isInteger(raw) || Math.abs(raw) > MAX_INT) return raw;
  return type.kind === 'uint' ? new CelUint(BigInt(raw)) : BigInt(raw);
}

const MAX_INT = 2 ** 63;

function adaptString(raw: string, type: CelType): Value {
  if (type.kind === 'string' || type.kind === 'dyn' || type.kind === 'any') return raw;
  if (type.kind === 'bytes') return new Uint8Array(Buffer.from(raw, 'base64'));
  return 'adapt' in type && type.adapt ? type.adapt(raw) : raw;
}
