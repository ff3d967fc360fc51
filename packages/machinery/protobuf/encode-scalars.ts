/**
 * Scalars in protobuf: how each is written after its tag, and what stands for an absent one.
 *
 * Source: the generated marshallers of apimachinery (Time, MicroTime, Duration, Quantity, IntOrString, RawExtension, FieldsV1) and apiextensions (JSON).
 */
import { parseDuration } from '../duration.ts';
import type { ScalarName } from '../schema.ts';
import { parseTime } from '../time.ts';
import { BYTES, FIXED64, VARINT } from './reader.ts';
import type { ReverseWriter } from './writer.ts';

/** Writes a value without tag; length-delimited values with their length. */
export type ScalarWriter = (writer: ReverseWriter, value: unknown) => void;

/** How a scalar type travels. */
export interface ScalarWire {
  readonly wireType: number;
  readonly write: ScalarWriter;
}

function closeMessage(writer: ReverseWriter, before: number): void {
  writer.varint(writer.length - before);
}

/** Writes text with its length. */
export function writeText(writer: ReverseWriter, value: unknown): void {
  writer.varint(writer.text(value as string));
}

function writeBytes(writer: ReverseWriter, value: unknown): void {
  const raw = Buffer.from(value as string, 'base64');
  writer.bytes(raw);
  writer.varint(raw.length);
}

/** `{seconds: 1, nanos: 2}`; the zero time is an empty message. */
function timeWriter(micro: boolean): ScalarWriter {
  return (writer, value) => {
    if (value === null || value === undefined || value === '') {
      writer.varint(0);
      return;
    }
    const before = writer.length;
    const { seconds, nanos } = parseTime(value as string);
    writer.varint(micro ? nanos - (nanos % 1000) : 0);
    writer.varint(0x10);
    writer.int64(seconds);
    writer.varint(0x08);
    closeMessage(writer, before);
  };
}

function writeDuration(writer: ReverseWriter, value: unknown): void {
  const before = writer.length;
  writer.int64(parseDuration(value as string));
  writer.varint(0x08);
  closeMessage(writer, before);
}

function writeQuantity(writer: ReverseWriter, value: unknown): void {
  const before = writer.length;
  writeText(writer, value);
  writer.varint(0x0a);
  closeMessage(writer, before);
}

function writeIntOrString(writer: ReverseWriter, value: unknown): void {
  const before = writer.length;
  const text = typeof value === 'string' ? value : '';
  writeText(writer, text);
  writer.varint(0x1a);
  writer.int64(typeof value === 'number' ? value : 0);
  writer.varint(0x10);
  writer.varint(typeof value === 'string' ? 1 : 0);
  writer.varint(0x08);
  closeMessage(writer, before);
}

/** `{raw: 1}` with the JSON text of the value; nothing when there is none. */
function writeRaw(writer: ReverseWriter, value: unknown): void {
  const before = writer.length;
  if (value !== null && value !== undefined) {
    writeText(writer, JSON.stringify(value));
    writer.varint(0x0a);
  }
  closeMessage(writer, before);
}

/** apiextensions JSON keeps null as text. */
function writeJson(writer: ReverseWriter, value: unknown): void {
  const before = writer.length;
  writeText(writer, JSON.stringify(value ?? null));
  writer.varint(0x0a);
  closeMessage(writer, before);
}

/** The scalar types whose encoding does not depend on where they stand. */
export const SCALAR_WIRES: Readonly<
  Record<Exclude<ScalarName, 'jsonSchemaPropsOrBool' | 'jsonSchemaPropsOrArray' | 'jsonSchemaPropsOrStringArray'>, ScalarWire>
> = {
  string: { wireType: BYTES, write: writeText },
  bool: { wireType: VARINT, write: (writer, value) => writer.varint(value === true ? 1 : 0) },
  int32: { wireType: VARINT, write: (writer, value) => writer.int64(value as number) },
  int64: { wireType: VARINT, write: (writer, value) => writer.int64(value as number) },
  double: { wireType: FIXED64, write: (writer, value) => writer.double(value as number) },
  bytes: { wireType: BYTES, write: writeBytes },
  time: { wireType: BYTES, write: timeWriter(false) },
  microTime: { wireType: BYTES, write: timeWriter(true) },
  duration: { wireType: BYTES, write: writeDuration },
  quantity: { wireType: BYTES, write: writeQuantity },
  intOrString: { wireType: BYTES, write: writeIntOrString },
  fieldsV1: { wireType: BYTES, write: writeRaw },
  rawExtension: { wireType: BYTES, write: writeRaw },
  json: { wireType: BYTES, write: writeJson },
};

/** What a field that is always written holds when the object has no value for it; undefined: bytes, which nil leaves out. */
export const WIRE_ZEROS: Readonly<Record<ScalarName, unknown>> = {
  string: '',
  bool: false,
  int32: 0,
  int64: 0,
  double: 0,
  bytes: undefined,
  time: null,
  microTime: null,
  duration: '0s',
  quantity: '0',
  intOrString: 0,
  fieldsV1: null,
  rawExtension: null,
  json: null,
  jsonSchemaPropsOrBool: false,
  jsonSchemaPropsOrArray: null,
  jsonSchemaPropsOrStringArray: null,
};
