/**
 * Protobuf to plain JSON values, by closures compiled from schemas. The result goes through JSON decoding, which makes it canonical.
 */
import { formatDuration } from '../duration.ts';
import { MAX_DEPTH } from '../decode-scalars.ts';
import type { AnySchema, Message, Scalar } from '../schema.ts';
import { resolve } from '../schema.ts';
import { formatInstant } from '../time.ts';
import { BYTES, FIXED64, malformed, Reader, VARINT } from './reader.ts';

type Json = { [key: string]: unknown };

/** Reads one value (after its tag) of the expected wire type. */
type ValueReader = (reader: Reader, depth: number) => unknown;
/** Reads one occurrence of a field into the object. */
interface FieldReader {
  readonly wireType: number;
  /** Repeated scalars may come packed. */
  readonly packable: boolean;
  readonly read: (reader: Reader, into: Json, depth: number) => void;
}

/** Assigns own members whatever their name is. */
function put(target: Json, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  else target[key] = value;
}

/** The fields of a message by number, each handed to `visit`, which returns false for those it does not know. */
function eachField(reader: Reader, visit: (number: number, wireType: number) => boolean): void {
  while (!reader.done) {
    const tag = reader.uint();
    const wireType = tag & 7;
    const number = Math.floor(tag / 8);
    if (number === 0) throw malformed('illegal tag 0');
    if (!visit(number, wireType)) reader.skip(wireType);
  }
}

function parseRaw(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    throw malformed('embedded value is not JSON');
  }
}

function readRaw(reader: Reader): unknown {
  const nested = reader.message();
  let value: unknown;
  eachField(nested, (number, wireType) => {
    if (number !== 1 || wireType !== BYTES) return false;
    value = parseRaw(nested.bytes());
    return true;
  });
  return value;
}

function readTime(micro: boolean): ValueReader {
  return (reader) => {
    const nested = reader.message();
    if (nested.done) return undefined;
    let seconds = 0;
    let nanos = 0;
    eachField(nested, (number, wireType) => {
      if (wireType !== VARINT || number > 2) return false;
      if (number === 1) seconds = nested.int64();
      else nanos = nested.int32();
      return true;
    });
    if (!(Math.abs(seconds) < 253_402_300_800)) throw malformed('time out of range');
    return formatInstant({ seconds, nanos }, micro);
  };
}

function readDuration(reader: Reader): string {
  const nested = reader.message();
  let nanos = 0n;
  eachField(nested, (number, wireType) => {
    if (number !== 1 || wireType !== VARINT) return false;
    nanos = nested.bigint64();
    return true;
  });
  return formatDuration(nanos);
}

function readQuantity(reader: Reader): string {
  const nested = reader.message();
  let text = '0';
  eachField(nested, (number, wireType) => {
    if (number !== 1 || wireType !== BYTES) return false;
    text = nested.text();
    return true;
  });
  return text;
}

function readIntOrString(reader: Reader): number | string {
  const nested = reader.message();
  let isText = false;
  let int = 0;
  let text = '';
  eachField(nested, (number, wireType) => {
    if (number === 1 && wireType === VARINT) isText = nested.int64() === 1;
    else if (number === 2 && wireType === VARINT) int = nested.int32();
    else if (number === 3 && wireType === BYTES) text = nested.text();
    else return false;
    return true;
  });
  return isText ? text : int;
}

const SCALARS: Readonly<Record<string, readonly [number, ValueReader]>> = {
  string: [BYTES, (reader) => reader.text()],
  bool: [VARINT, (reader) => reader.int64() !== 0],
  int32: [VARINT, (reader) => reader.int32()],
  int64: [VARINT, (reader) => reader.int64()],
  double: [FIXED64, (reader) => reader.double()],
  bytes: [BYTES, (reader) => reader.bytes().toString('base64')],
  time: [BYTES, readTime(false)],
  microTime: [BYTES, readTime(true)],
  duration: [BYTES, readDuration],
  quantity: [BYTES, readQuantity],
  intOrString: [BYTES, readIntOrString],
  fieldsV1: [BYTES, readRaw],
  rawExtension: [BYTES, readRaw],
  json: [BYTES, readRaw],
};

/** Compiles each type once, on first use. */
export class ProtobufDecoder {
  readonly #fields = new WeakMap<Message, ReadonlyMap<number, FieldReader>>();

  /**
   * The JSON value of one message; not canonical yet.
   * @throws StatusError BadRequest for malformed bytes.
   */
  decode(schema: Message, bytes: Buffer): Json {
    const out: Json = {};
    this.#message(schema, new Reader(bytes), out, MAX_DEPTH);
    return out;
  }

  #message(schema: Message, reader: Reader, out: Json, depth: number): void {
    if (depth === 0) throw malformed('exceeded max depth');
    const fields = this.#fieldsOf(schema);
    eachField(reader, (number, wireType) => {
      const field = fields.get(number);
      if (!field) return false;
      if (wireType === field.wireType) field.read(reader, out, depth - 1);
      else if (wireType === BYTES && field.packable) {
        const packed = reader.message();
        while (!packed.done) field.read(packed, out, depth - 1);
      } else throw malformed(`wrong wireType = ${wireType} for field ${number} of ${schema.name}`);
      return true;
    });
  }

  #fieldsOf(schema: Message): ReadonlyMap<number, FieldReader> {
    let fields = this.#fields.get(schema);
    if (!fields) {
      const map = new Map<number, FieldReader>();
      this.#fields.set(schema, map);
      for (const [name, field] of Object.entries(schema.fields)) {
        if (field.number > 0) map.set(field.number, this.#field(schema, name, field.schema, field.presence === 'inline'));
      }
      fields = map;
    }
    return fields;
  }

  #field(parent: Message, name: string, schema: AnySchema, inline: boolean): FieldReader {
    const type = resolve(schema);
    if (inline)
      return { wireType: BYTES, packable: false, read: (reader, into, depth) => this.#message(type as Message, reader.message(), into, depth) };
    if (type.type === 'list') {
      const [wireType, read] = this.#value(parent, type.item);
      return {
        wireType,
        packable: wireType !== BYTES,
        read: (reader, into, depth) => {
          const list = (Object.hasOwn(into, name) ? into[name] : undefined) as unknown[] | undefined;
          const item = read(reader, depth);
          if (list) list.push(item);
          else into[name] = [item];
        },
      };
    }
    if (type.type === 'map') return { wireType: BYTES, packable: false, read: this.#mapReader(parent, name, type.value) };
    const [wireType, read] = this.#value(parent, type);
    return {
      wireType,
      packable: false,
      read: (reader, into, depth) => {
        const value = read(reader, depth);
        if (value !== undefined) into[name] = value;
      },
    };
  }

  #mapReader(parent: Message, name: string, schema: AnySchema): FieldReader['read'] {
    const [valueType, read] = this.#value(parent, schema);
    return (reader, into, depth) => {
      const entry = reader.message();
      let key = '';
      let value: unknown = null;
      eachField(entry, (number, wireType) => {
        if (number === 1 && wireType === BYTES) key = entry.text();
        else if (number === 2 && wireType === valueType) value = read(entry, depth);
        else return false;
        return true;
      });
      const map = (into[name] ??= {}) as Json;
      put(map, key, value);
    };
  }

  #value(parent: Message, schema: AnySchema): readonly [number, ValueReader] {
    const type = resolve(schema);
    if (type.type === 'message') {
      return [
        BYTES,
        (reader, depth) => {
          const out: Json = {};
          this.#message(type, reader.message(), out, depth);
          return out;
        },
      ];
    }
    if (type.type === 'scalar') return SCALARS[type.name] ?? [BYTES, this.#union(parent, type)];
    if (type.type === 'map') throw new Error(`${parent.name}: protobuf has no maps of maps`);
    return [BYTES, this.#wrappedList(parent, type.item)];
  }

  #wrappedList(parent: Message, item: AnySchema): ValueReader {
    const [itemType, read] = this.#value(parent, item);
    return (reader, depth) => {
      const nested = reader.message();
      const out: unknown[] = [];
      eachField(nested, (number, wireType) => {
        if (number !== 1 || wireType !== itemType) return false;
        out.push(read(nested, depth));
        return true;
      });
      return out;
    };
  }

  /** The unions of JSON schema refer to the message they stand in: a bool or schema, a schema or list of schemas or texts. */
  #union(parent: Message, type: Scalar): ValueReader {
    return (reader, depth) => {
      const nested = reader.message();
      let value: unknown = type.name === 'jsonSchemaPropsOrBool' ? false : undefined;
      const schema = (): Json => {
        const out: Json = {};
        this.#message(parent, nested.message(), out, depth);
        return out;
      };
      const list: unknown[] = [];
      eachField(nested, (number, wireType) => {
        if (type.name === 'jsonSchemaPropsOrBool') {
          if (number === 1 && wireType === VARINT) value = typeof value === 'object' ? value : nested.int64() !== 0;
          else if (number === 2 && wireType === BYTES) value = schema();
          else return false;
        } else if (number === 1 && wireType === BYTES) value = schema();
        else if (number === 2 && wireType === BYTES) list.push(type.name === 'jsonSchemaPropsOrArray' ? schema() : nested.text());
        else return false;
        return true;
      });
      return list.length > 0 ? list : value;
    };
  }
}
