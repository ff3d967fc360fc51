/**
 * Objects to protobuf, by closures compiled from schemas. Fields ascend by number; what Go holds by value is always written.
 *
 * Source: gogo/protobuf's generated marshallers for k8s.io/api, checked against recorded fixtures by the fact tables.
 */
import type { AnySchema, Field, List, Message, Scalar, StringMap } from '../schema.ts';
import { resolve } from '../schema.ts';
import { SCALAR_WIRES, type ScalarWire, WIRE_ZEROS, writeText } from './encode-scalars.ts';
import { BYTES } from './reader.ts';
import { ReverseWriter } from './writer.ts';

type Json = { readonly [key: string]: unknown };

/** Writes the members of a message without header. */
type Body = (writer: ReverseWriter, value: Json) => void;
/** Writes one field, tag included, or nothing. `value` is the object that holds it. */
type FieldWriter = (writer: ReverseWriter, parent: Json) => void;

const EMPTY: Json = {};

/** Compiles each type once, on first use. */
export class ProtobufEncoder {
  readonly #bodies = new WeakMap<Message, Body>();
  readonly #writer = new ReverseWriter();

  /** The bytes of one message. */
  encode(schema: Message, value: unknown): Buffer {
    const writer = this.#writer;
    writer.reset();
    this.#body(schema)(writer, (value ?? EMPTY) as Json);
    return writer.take();
  }

  #body(schema: Message): Body {
    const known = this.#bodies.get(schema);
    if (known) return known;
    let fields: FieldWriter[] | undefined;
    const body: Body = (writer, value) => {
      fields ??= this.#fields(schema);
      for (let i = 0; i < fields.length; i += 1) fields[i]!(writer, value);
    };
    this.#bodies.set(schema, body);
    return body;
  }

  /** Highest number first, because the writer goes backwards. */
  #fields(schema: Message): FieldWriter[] {
    return Object.entries(schema.fields)
      .filter(([, field]) => field.number > 0)
      .sort(([, a], [, b]) => b.number - a.number)
      .map(([name, field]) => this.#field(schema, name, field));
  }

  #field(parent: Message, name: string, field: Field): FieldWriter {
    const type = resolve(field.schema);
    if (field.presence === 'inline') {
      const write = this.#messageWriter(type as Message);
      const tag = field.number * 8 + BYTES;
      return (writer, value) => {
        write(writer, value);
        writer.varint(tag);
      };
    }
    if (type.type === 'list') return this.#list(parent, name, field.number, type);
    if (type.type === 'map') return this.#map(parent, name, field.number, type);
    const wire = this.#wire(parent, type);
    const tag = field.number * 8 + wire.wireType;
    const zero = field.presence === 'pointer' ? undefined : type.type === 'message' ? EMPTY : WIRE_ZEROS[type.name];
    return (writer, value) => {
      const one = value[name] ?? zero;
      if (one === undefined || (one === null && zero === undefined)) return;
      wire.write(writer, one);
      writer.varint(tag);
    };
  }

  #list(parent: Message, name: string, number: number, type: List): FieldWriter {
    const wire = this.#wire(parent, resolve(type.item));
    const tag = number * 8 + wire.wireType;
    return (writer, value) => {
      const items = value[name] as readonly unknown[] | null | undefined;
      if (!items) return;
      for (let i = items.length - 1; i >= 0; i -= 1) {
        wire.write(writer, items[i]);
        writer.varint(tag);
      }
    };
  }

  #map(parent: Message, name: string, number: number, type: StringMap): FieldWriter {
    const wire = this.#wire(parent, resolve(type.value));
    const tag = number * 8 + BYTES;
    const valueTag = 2 * 8 + wire.wireType;
    return (writer, value) => {
      const entries = value[name] as Json | null | undefined;
      if (!entries) return;
      const keys = Object.keys(entries).sort();
      for (let i = keys.length - 1; i >= 0; i -= 1) {
        const before = writer.length;
        wire.write(writer, entries[keys[i]!]);
        writer.varint(valueTag);
        writeText(writer, keys[i]);
        writer.varint(0x0a);
        writer.varint(writer.length - before);
        writer.varint(tag);
      }
    };
  }

  #messageWriter(schema: Message): (writer: ReverseWriter, value: unknown) => void {
    const body = this.#body(schema);
    return (writer, value) => {
      const before = writer.length;
      body(writer, (value ?? EMPTY) as Json);
      writer.varint(writer.length - before);
    };
  }

  #wire(parent: Message, type: Exclude<AnySchema, { type: 'lazy' }>): ScalarWire {
    if (type.type === 'message') return { wireType: BYTES, write: this.#messageWriter(type) };
    if (type.type === 'scalar') return this.#scalar(parent, type);
    if (type.type === 'map') throw new Error(`${parent.name}: protobuf has no maps of maps`);
    return { wireType: BYTES, write: this.#wrappedList(parent, type) };
  }

  /** A list inside a map is wrapped in a message with the items under number 1. */
  #wrappedList(parent: Message, type: List): (writer: ReverseWriter, value: unknown) => void {
    const write = this.#list(parent, 'items', 1, type);
    return (writer, value) => {
      const before = writer.length;
      write(writer, { items: value });
      writer.varint(writer.length - before);
    };
  }

  /** The unions of JSON schema refer to the message they stand in. */
  #scalar(parent: Message, type: Scalar): ScalarWire {
    const { name } = type;
    switch (name) {
      case 'jsonSchemaPropsOrBool':
      case 'jsonSchemaPropsOrArray':
      case 'jsonSchemaPropsOrStringArray': {
        const write = this.#messageWriter(parent);
        const union = name === 'jsonSchemaPropsOrBool' ? propsOrBool : name === 'jsonSchemaPropsOrArray' ? propsOrArray : propsOrStrings;
        return { wireType: BYTES, write: (writer, value) => union(writer, value, write) };
      }
      default:
        return SCALAR_WIRES[name];
    }
  }
}

type Nested = (writer: ReverseWriter, value: unknown) => void;

function propsOrBool(writer: ReverseWriter, value: unknown, schema: Nested): void {
  const before = writer.length;
  if (typeof value === 'object' && value !== null) {
    schema(writer, value);
    writer.varint(0x12);
  }
  writer.varint(value === false || value === null ? 0 : 1);
  writer.varint(0x08);
  writer.varint(writer.length - before);
}

function repeated(writer: ReverseWriter, items: readonly unknown[], write: Nested): void {
  for (let i = items.length - 1; i >= 0; i -= 1) {
    write(writer, items[i]);
    writer.varint(0x12);
  }
}

function propsOrArray(writer: ReverseWriter, value: unknown, schema: Nested): void {
  const before = writer.length;
  if (Array.isArray(value)) repeated(writer, value, schema);
  else if (value !== null) {
    schema(writer, value);
    writer.varint(0x0a);
  }
  writer.varint(writer.length - before);
}

function propsOrStrings(writer: ReverseWriter, value: unknown, schema: Nested): void {
  const before = writer.length;
  if (Array.isArray(value)) repeated(writer, value, writeText);
  else if (value !== null) {
    schema(writer, value);
    writer.varint(0x0a);
  }
  writer.varint(writer.length - before);
}
