/**
 * Canonical values of scalars from parsed JSON, one function per scalar type.
 */
import { canonicalDuration } from './duration.ts';
import { isInterned } from './managed-fields/interned.ts';
import { canonicalQuantity } from './quantity.ts';
import type { ScalarName } from './schema.ts';
import { canonicalMicroTime, canonicalTime } from './time.ts';

/** The unions that stand in JSON schemas only. */
export type SchemaUnion = 'jsonSchemaPropsOrBool' | 'jsonSchemaPropsOrArray' | 'jsonSchemaPropsOrStringArray';

/** Whether a scalar is a union of JSON schema. */
export function isSchemaUnion(name: ScalarName): name is SchemaUnion {
  return name.startsWith('jsonSchemaProps');
}

/** A value that does not fit its type. */
export class ValueError extends Error {
  /** What JSON held, in Go's words, when the fault is the JSON type: `string`, `number 1.5`. Otherwise the message stands alone. */
  readonly jsonType: string | undefined;

  constructor(message: string, jsonType?: string) {
    super(message);
    this.jsonType = jsonType;
  }
}

/** Turns a JSON value (never null) into the canonical one. Throws ValueError. */
export type ScalarDecoder = (value: unknown) => unknown;

/** Values nested deeper than this are refused, so that recursion fits the stack; Go's decoder stops at 10000, of which no real object uses 1%. */
export const MAX_DEPTH = 500;

/** The words for a value that nests too deeply. */
export const TOO_DEEP = 'exceeded max depth';

/** The JSON type as Go's errors name it. */
export function jsonTypeName(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** A value of the wrong JSON type. */
export function wrongType(value: unknown): ValueError {
  return new ValueError('wrong type', jsonTypeName(value));
}

/** Types with their own Go decoding report the type they read first instead of the field. */
function standalone(value: unknown, goType: string): ValueError {
  return new ValueError(`json: cannot unmarshal ${jsonTypeName(value)} into Go value of type ${goType}`);
}

function decodeString(value: unknown): string {
  if (typeof value !== 'string') throw wrongType(value);
  return value;
}

function decodeBool(value: unknown): boolean {
  if (typeof value !== 'boolean') throw wrongType(value);
  return value;
}

function decodeInt32(value: unknown): number {
  if (typeof value !== 'number') throw wrongType(value);
  if ((value | 0) !== value) throw new ValueError('wrong type', `number ${value}`);
  return value | 0;
}

function decodeInt64(value: unknown): number {
  if (typeof value !== 'number') throw wrongType(value);
  if (!Number.isInteger(value) || value > 2 ** 63 || value < -(2 ** 63)) throw new ValueError('wrong type', `number ${value}`);
  return value === 0 ? 0 : value;
}

function decodeDouble(value: unknown): number {
  if (typeof value !== 'number') throw wrongType(value);
  return value;
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const NOT_BASE64 = /[^A-Za-z0-9+/]/;

function decodeBytes(value: unknown): string {
  if (typeof value !== 'string') throw wrongType(value);
  const text = value.includes('\n') || value.includes('\r') ? value.replaceAll(/[\r\n]/g, '') : value;
  if (text.length % 4 !== 0 || !BASE64.test(text)) {
    const at = text.replace(/=+$/, '').search(NOT_BASE64);
    throw new ValueError(`illegal base64 data at input byte ${at >= 0 ? at : text.length - (text.length % 4)}`);
  }
  return text;
}

/** Go's zero time is no time. */
const ZERO_TIME = '0001-01-01T00:00:00';

/** A time, or null for the zero time, which is how Go writes it. */
function fromTime(canonical: (text: string) => string): ScalarDecoder {
  const decode = fromText(canonical);
  return (value) => {
    const text = decode(value) as string;
    return text.startsWith(ZERO_TIME) && !/[1-9]/.test(text.slice(ZERO_TIME.length)) ? null : text;
  };
}

/** Runs a canonicaliser of text; its errors become the value's. */
function fromText(canonical: (text: string) => string, emptyValue?: string): ScalarDecoder {
  return (value) => {
    if (typeof value !== 'string') throw standalone(value, 'string');
    if (value === '' && emptyValue !== undefined) return emptyValue;
    try {
      return canonical(value);
    } catch (error) {
      throw new ValueError((error as Error).message);
    }
  };
}

function decodeQuantity(value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number') {
    throw new ValueError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
  }
  try {
    return canonicalQuantity(String(value));
  } catch (error) {
    throw new ValueError((error as Error).message);
  }
}

function decodeIntOrString(value: unknown): number | string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'number') throw standalone(value, 'int32');
  if ((value | 0) !== value) throw new ValueError(`json: cannot unmarshal number ${value} into Go value of type int32`);
  return value | 0;
}

/** Throws when `value` nests deeper than allowed. */
export function checkDepth(value: unknown, left = MAX_DEPTH): void {
  if (typeof value !== 'object' || value === null) return;
  if (left === 0) throw new ValueError(TOO_DEEP);
  if (Array.isArray(value)) for (const item of value) checkDepth(item, left - 1);
  else for (const key of Object.keys(value)) checkDepth((value as Record<string, unknown>)[key], left - 1);
}

function decodeRaw(value: unknown): unknown {
  checkDepth(value);
  return value;
}

function decodeFieldsV1(value: unknown): unknown {
  if (typeof value !== 'object') throw wrongType(value);
  if (!isInterned(value as object)) checkDepth(value);
  return value;
}

/** The decoder of each scalar type. */
export const SCALAR_DECODERS: Readonly<Record<ScalarName, ScalarDecoder>> = {
  string: decodeString,
  bool: decodeBool,
  int32: decodeInt32,
  int64: decodeInt64,
  double: decodeDouble,
  bytes: decodeBytes,
  time: fromTime(canonicalTime),
  microTime: fromTime(canonicalMicroTime),
  duration: fromText(canonicalDuration),
  quantity: decodeQuantity,
  intOrString: decodeIntOrString,
  fieldsV1: decodeFieldsV1,
  rawExtension: decodeRaw,
  json: decodeRaw,
  jsonSchemaPropsOrBool: decodeRaw,
  jsonSchemaPropsOrArray: decodeRaw,
  jsonSchemaPropsOrStringArray: decodeRaw,
};

/** What an absent value is in a field that is always written: Go's zero value as JSON shows it. */
export const SCALAR_ZEROS: Readonly<Record<ScalarName, unknown>> = {
  string: '',
  bool: false,
  int32: 0,
  int64: 0,
  double: 0,
  bytes: '',
  time: null,
  microTime: null,
  duration: '0s',
  quantity: '0',
  intOrString: 0,
  fieldsV1: {},
  rawExtension: null,
  json: null,
  jsonSchemaPropsOrBool: false,
  jsonSchemaPropsOrArray: null,
  jsonSchemaPropsOrStringArray: null,
};
