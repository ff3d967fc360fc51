/**
 * Decoders compiled from schemas: closures that make the canonical object from parsed JSON. They carry no paths; when a value
 * does not fit or a field is unknown, `decode-problems.ts` looks again and says where.
 */
import type { AnySchema, Message, Presence, ScalarName } from './schema.ts';
import { resolve } from './schema.ts';
import { isTypeMeta, type JsonField, jsonFields } from './schema-fields.ts';
import { isSchemaUnion, MAX_DEPTH, SCALAR_DECODERS, SCALAR_ZEROS, TOO_DEEP, type SchemaUnion, ValueError, wrongType } from './decode-scalars.ts';

/** What one decoding run notes. */
export interface DecodeRun {
  /** Whether unknown fields matter. */
  readonly watchUnknown: boolean;
  /** Set when an object had a member that its message does not declare. */
  unknown: boolean;
  /** Whether the outcome must share nothing with the value that could be changed. */
  readonly own?: boolean;
  /** How many levels of structs may still follow. */
  depthLeft: number;
}

/** Makes a canonical value from a JSON value that is neither undefined nor null. Parts that are those of `known`, a canonical value of the same type, are taken as they are. */
export type Decoder = (value: unknown, run: DecodeRun, known?: unknown) => unknown;

type Json = { [key: string]: unknown };

/** Assigns own members whatever their name is. */
function put(target: Json, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  else target[key] = value;
}

function isSorted(value: Json): boolean {
  let previous = '';
  for (const key in value) {
    if (key < previous) return false;
    previous = key;
  }
  return true;
}

/** Go's zero value of a type where JSON must show one. */
function zeroOf(schema: AnySchema, compiler: Compiler): () => unknown {
  const type = resolve(schema);
  if (type.type === 'list') return () => [];
  if (type.type === 'map') return () => ({});
  if (type.type === 'scalar') {
    const zero = SCALAR_ZEROS[type.name];
    return () => zero;
  }
  const decode = compiler.decoder(type);
  return () => decode({}, { watchUnknown: false, unknown: false, depthLeft: MAX_DEPTH - 1 });
}

/** What Go holds as structs: JSON's omitempty does not drop them. */
const STRUCT_SCALARS: ReadonlySet<string> = new Set(['quantity', 'time', 'microTime', 'intOrString', 'rawExtension']);

const nothing = (): null => null;

/** What to write for a field that JSON lacks: a maker of the value, or undefined to leave it out. Structs held by value always show (`divisor: "0"`, `lastProbeTime: null`). */
function absentValue({ presence, schema, markers }: JsonField, compiler: Compiler): (() => unknown) | undefined {
  if (presence === 'required' || presence === 'embedded') return zeroOf(schema, compiler);
  if (schema.type !== 'scalar' || markers.omitZero) return undefined;
  if (presence === 'optional') return STRUCT_SCALARS.has(schema.name) ? zeroOf(schema, compiler) : undefined;
  return markers.nullable ? nothing : undefined;
}

function isEmpty(value: unknown): boolean {
  if (typeof value === 'object') {
    if (value === null) return true;
    if (Array.isArray(value)) return value.length === 0;
    for (const _ in value) return false;
    return true;
  }
  return value === '' || value === 0 || value === false;
}

const DROPPED_SCALARS: ReadonlySet<string> = new Set(['string', 'bool', 'bytes', 'int32', 'int64', 'double']);

/** Which values of an optional field JSON leaves out. Structs by value stay; quantities and the like are structs in Go. */
function dropsWhenEmpty(presence: Presence, schema: AnySchema): boolean {
  if (presence !== 'optional') return false;
  const type = resolve(schema);
  if (type.type === 'message') return false;
  if (type.type !== 'scalar') return true;
  return DROPPED_SCALARS.has(type.name);
}

function compileList(item: Decoder, itemSchema: AnySchema, compiler: Compiler): Decoder {
  const zero = zeroOf(itemSchema, compiler);
  return (value, run, known) => {
    if (!Array.isArray(value)) throw wrongType(value);
    if (value === known) return value;
    const before: readonly unknown[] = Array.isArray(known) ? known : NONE;
    // As long as it will be: a list that grows has room for 16 more, and most lists of objects that are kept have one or two items.
    const out = new Array<unknown>(value.length);
    for (let i = 0; i < value.length; i += 1) {
      const one: unknown = value[i];
      out[i] = one === null || one === undefined ? zero() : one === before[i] ? one : item(one, run, before[i]);
    }
    return out;
  };
}

const NONE: readonly unknown[] = [];

/** Lists of text are the commonest and need no copy when they are sound. */
const decodeStringList: Decoder = (value, run) => {
  if (!Array.isArray(value)) throw wrongType(value);
  let copy: string[] | undefined;
  for (let i = 0; i < value.length; i += 1) {
    const one: unknown = value[i];
    if (typeof one === 'string') continue;
    if (one !== null && one !== undefined) throw wrongType(one);
    copy ??= value.slice() as string[];
    copy[i] = '';
  }
  return copy ?? (run.own ? value.slice() : value);
};

function sortedCopy(value: Json, of: (one: unknown) => unknown): Json {
  const out: Json = {};
  for (const key of Object.keys(value).sort()) put(out, key, of(value[key]));
  return out;
}

const textOrEmpty = (one: unknown): unknown => one ?? '';

const decodeStringMap: Decoder = (value, run) => {
  if (typeof value !== 'object' || Array.isArray(value)) throw wrongType(value);
  let previous = '';
  let sound = true;
  for (const key in value) {
    const one = (value as Json)[key];
    if (typeof one !== 'string') {
      if (one !== null && one !== undefined) throw wrongType(one);
      sound = false;
    }
    if (key < previous) sound = false;
    previous = key;
  }
  if (!sound) return sortedCopy(value as Json, textOrEmpty);
  return run.own ? { ...value } : value;
};

function compileMap(item: Decoder, itemSchema: AnySchema, compiler: Compiler): Decoder {
  const zero = zeroOf(itemSchema, compiler);
  return (value, run) => {
    if (typeof value !== 'object' || Array.isArray(value)) throw wrongType(value);
    const of = (one: unknown): unknown => (one === null || one === undefined ? zero() : item(one, run));
    if (!isSorted(value as Json)) return sortedCopy(value as Json, of);
    const out: Json = {};
    for (const key of Object.keys(value as Json)) put(out, key, of((value as Json)[key]));
    return out;
  };
}

/** A boolean or schema, a schema or list of schemas, a schema or list of texts. */
function compileUnion(name: SchemaUnion, decode: Decoder): Decoder {
  const item = name === 'jsonSchemaPropsOrStringArray' ? SCALAR_DECODERS.string : decode;
  return (value, run) => {
    if (name === 'jsonSchemaPropsOrBool') {
      if (typeof value === 'boolean') return value;
      if (typeof value !== 'object' || Array.isArray(value)) throw new ValueError('boolean or JSON schema expected');
    }
    return Array.isArray(value) ? value.map((one: unknown) => item(one ?? {}, run)) : decode(value, run);
  };
}

/** Values of any shape; sets of fields are among them, but never changed. */
const OPEN_SCALARS: ReadonlySet<ScalarName> = new Set(['rawExtension', 'json']);

function scalarDecoder(name: ScalarName): Decoder {
  const decode = SCALAR_DECODERS[name];
  return OPEN_SCALARS.has(name) ? (value, run) => (run.own ? structuredClone(decode(value)) : decode(value)) : decode;
}

interface Slot {
  readonly name: string;
  readonly decode: Decoder;
  readonly absent: (() => unknown) | undefined;
  readonly dropEmpty: boolean;
  /** `kind` and `apiVersion`: an object inside another one shows them only when it has them. */
  readonly typeMeta: boolean;
}

function slotsOf(message: Message, compiler: Compiler): Slot[] {
  return jsonFields(message).map((field) => ({
    name: field.name,
    decode: compiler.lazyDecoder(field.schema, message),
    absent: absentValue(field, compiler),
    dropEmpty: dropsWhenEmpty(field.presence, field.schema),
    typeMeta: isTypeMeta(field),
  }));
}

function decodeMessage(slots: readonly Slot[], value: unknown, run: DecodeRun, known: unknown): Json {
  if (typeof value !== 'object' || Array.isArray(value)) throw wrongType(value);
  const before = typeof known === 'object' && known !== null ? (known as Json) : undefined;
  if (run.depthLeft === 0) throw new ValueError(TOO_DEEP);
  const nested = run.depthLeft !== MAX_DEPTH;
  run.depthLeft -= 1;
  const json = value as Json;
  const out: Json = {};
  let seen = 0;
  for (let i = 0; i < slots.length; i += 1) {
    const slot = slots[i]!;
    const one = json[slot.name];
    if (one !== undefined) {
      seen += 1;
      const same = before?.[slot.name];
      if (one === same) {
        out[slot.name] = one;
        continue;
      }
      if (one !== null) {
        const decoded = slot.decode(one, run, same);
        if (decoded === null && slot.absent === undefined) continue;
        if (!(slot.dropEmpty || (nested && slot.typeMeta)) || !isEmpty(decoded)) out[slot.name] = decoded;
        continue;
      }
    }
    if (slot.absent !== undefined && !(nested && slot.typeMeta)) out[slot.name] = slot.absent();
  }
  run.depthLeft += 1;
  if (run.watchUnknown) {
    for (const _ in json) seen -= 1;
    if (seen !== 0) run.unknown = true;
  }
  return out;
}

/** Compiles each type once, on first use. */
export class Compiler {
  readonly #messages = new WeakMap<Message, Decoder>();

  /** The decoder of a message. */
  decoder(message: Message): Decoder {
    const known = this.#messages.get(message);
    if (known) return known;
    let slots: Slot[] | undefined;
    const decode: Decoder = (value, run, known) => decodeMessage((slots ??= slotsOf(message, this)), value, run, known);
    this.#messages.set(message, decode);
    return decode;
  }

  /** The decoder of any type; messages are compiled when the first value comes. The unions of JSON schema refer to `parent`, the struct they stand in. */
  lazyDecoder(schema: AnySchema, parent: Message): Decoder {
    if (schema.type === 'lazy') {
      let decode: Decoder | undefined;
      return (value, run, known) => (decode ??= this.decoder(schema.get()))(value, run, known);
    }
    if (schema.type === 'message') return this.decoder(schema);
    if (schema.type === 'scalar') return isSchemaUnion(schema.name) ? compileUnion(schema.name, this.decoder(parent)) : scalarDecoder(schema.name);
    const item = schema.type === 'list' ? schema.item : schema.value;
    const text = item.type === 'scalar' && item.name === 'string';
    if (schema.type === 'list') return text ? decodeStringList : compileList(this.lazyDecoder(item, parent), item, this);
    return text ? decodeStringMap : compileMap(this.lazyDecoder(item, parent), item, this);
  }
}
