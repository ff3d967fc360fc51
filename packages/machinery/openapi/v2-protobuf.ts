/**
 * The OpenAPI v2 document in the protobuf form that kubectl asks for (`application/com.github.proto-openapi.spec.v2.v1.0+protobuf`).
 *
 * Source: field numbers of gnostic's OpenAPIv2.proto. Only what Kubernetes documents contain is written.
 */
import { stringify } from 'yaml';
import { ReverseWriter } from '../protobuf/writer.ts';
import type { Json } from './source.ts';

type Value = Readonly<Record<string, unknown>>;
type Write = (writer: ReverseWriter, value: Value) => void;

/** Texts of values that stand in many places, made once. */
const SHORT_TEXTS: ReadonlyMap<string, string> = new Map(
  [true, false, 0, '', 'atomic', 'set', 'map', 'granular', 'merge', 'replace', 'retainKeys', 'merge,retainKeys', 'name', 'type', 'get', 'list', 'watch', 'watchlist', 'post', 'put', 'patch', 'delete', 'deletecollection', 'connect'].map((value) => [JSON.stringify(value), stringify(value)] as const),
);

/** The YAML of a value; of kinds and lists of keys, which are most of the others, without asking the library. */
function yamlText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return SHORT_TEXTS.get(JSON.stringify(value)) ?? stringify(value);
  if (isKind(value)) return kindText(value, '');
  if (Array.isArray(value) && value.length > 0 && value.every(isPlain)) return value.map((one) => `- ${one}\n`).join('');
  if (Array.isArray(value) && value.length > 0 && value.every(isKind)) return value.map((one) => `- ${kindText(one, '  ').slice(2)}`).join('');
  return stringify(value);
}

const PLAIN = /^[A-Za-z][A-Za-z0-9./]*$/;
const RESERVED = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

const isPlain = (value: unknown): value is string => typeof value === 'string' && PLAIN.test(value) && !RESERVED.test(value);

function isKind(value: unknown): value is { readonly group: string; readonly kind: string; readonly version: string } {
  if (typeof value !== 'object' || value === null) return false;
  const { group, kind, version, ...more } = value as Record<string, unknown>;
  return [group, kind, version].every((one) => one === '' || isPlain(one)) && Object.keys(more).length === 0;
}

function kindText(value: object, indent: string): string {
  return Object.entries(value)
    .map(([name, text]) => `${indent}${name}: ${text === '' ? '""' : text}\n`)
    .join('');
}

const record = (value: unknown): Value => (value ?? {}) as Value;
const records = (value: unknown): readonly Value[] => (value ?? []) as readonly Value[];

function text(writer: ReverseWriter, number: number, value: unknown): void {
  if (typeof value !== 'string' || value === '') return;
  writer.varint(writer.text(value));
  writer.varint(number * 8 + 2);
}

function texts(writer: ReverseWriter, number: number, values: unknown): void {
  const list = (values ?? []) as readonly string[];
  for (let i = list.length - 1; i >= 0; i -= 1) {
    writer.varint(writer.text(list[i]!));
    writer.varint(number * 8 + 2);
  }
}

function flag(writer: ReverseWriter, number: number, value: unknown): void {
  if (value !== true) return;
  writer.varint(1);
  writer.varint(number * 8);
}

function nested(writer: ReverseWriter, number: number, write: () => void): void {
  const before = writer.length;
  write();
  writer.varint(writer.length - before);
  writer.varint(number * 8 + 2);
}

/** A map as repeated `{name: 1, value: 2}`. */
function named(writer: ReverseWriter, number: number, map: Value, write: Write): void {
  const keys = Object.keys(map);
  for (let i = keys.length - 1; i >= 0; i -= 1) {
    nested(writer, number, () => {
      nested(writer, 2, () => write(writer, record(map[keys[i]!])));
      text(writer, 1, keys[i]);
    });
  }
}

/** `Any`: its YAML text under number 2. */
function any(writer: ReverseWriter, number: number, value: unknown): void {
  nested(writer, number, () => text(writer, 2, yamlText(value)));
}

function extensions(writer: ReverseWriter, number: number, value: Value): void {
  const keys = Object.keys(value).filter((key) => key.startsWith('x-'));
  for (let i = keys.length - 1; i >= 0; i -= 1) {
    nested(writer, number, () => {
      any(writer, 2, value[keys[i]!]);
      text(writer, 1, keys[i]);
    });
  }
}

function schema(writer: ReverseWriter, value: Value): void {
  extensions(writer, 31, value);
  if (value['properties']) nested(writer, 25, () => named(writer, 1, record(value['properties']), schema));
  if (value['items']) nested(writer, 23, () => nested(writer, 1, () => schema(writer, record(value['items']))));
  if (typeof value['type'] === 'string') nested(writer, 22, () => text(writer, 1, value['type']));
  if (value['additionalProperties']) nested(writer, 21, () => nested(writer, 1, () => schema(writer, record(value['additionalProperties']))));
  const values = (value['enum'] ?? []) as readonly unknown[];
  for (let i = values.length - 1; i >= 0; i -= 1) any(writer, 20, values[i]);
  texts(writer, 19, value['required']);
  if (value['default'] !== undefined) any(writer, 5, value['default']);
  text(writer, 4, value['description']);
  text(writer, 2, value['format']);
  text(writer, 1, value['$ref']);
}

function bodyParameter(writer: ReverseWriter, value: Value): void {
  nested(writer, 5, () => schema(writer, record(value['schema'])));
  flag(writer, 4, value['required']);
  text(writer, 3, value['in']);
  text(writer, 2, value['name']);
  text(writer, 1, value['description']);
}

function plainParameter(writer: ReverseWriter, value: Value, isQuery: boolean): void {
  flag(writer, isQuery ? 20 : 19, value['uniqueItems']);
  text(writer, isQuery ? 6 : 5, value['type']);
  text(writer, 4, value['name']);
  text(writer, 3, value['description']);
  text(writer, 2, value['in']);
  flag(writer, 1, value['required']);
}

/** `ParametersItem{parameter: 1 {body: 1 | nonBody: 2 {query: 3 | path: 4}}}`. */
function parameters(writer: ReverseWriter, number: number, values: readonly Value[]): void {
  for (let i = values.length - 1; i >= 0; i -= 1) {
    const value = values[i]!;
    const isQuery = value['in'] === 'query';
    nested(writer, number, () =>
      nested(writer, 1, () => {
        if (value['in'] === 'body') nested(writer, 1, () => bodyParameter(writer, value));
        else nested(writer, 2, () => nested(writer, isQuery ? 3 : 4, () => plainParameter(writer, value, isQuery)));
      }),
    );
  }
}

function response(writer: ReverseWriter, value: Value): void {
  nested(writer, 1, () => {
    if (value['schema']) nested(writer, 2, () => nested(writer, 1, () => schema(writer, record(value['schema']))));
    text(writer, 1, value['description']);
  });
}

function operation(writer: ReverseWriter, value: Value): void {
  extensions(writer, 13, value);
  texts(writer, 10, value['schemes']);
  nested(writer, 9, () => named(writer, 1, record(value['responses']), response));
  parameters(writer, 8, records(value['parameters']));
  texts(writer, 7, value['consumes']);
  texts(writer, 6, value['produces']);
  text(writer, 5, value['operationId']);
  text(writer, 3, value['description']);
  texts(writer, 1, value['tags']);
}

const METHODS: readonly (readonly [string, number])[] = [
  ['patch', 8],
  ['head', 7],
  ['options', 6],
  ['delete', 5],
  ['post', 4],
  ['put', 3],
  ['get', 2],
];

function pathItem(writer: ReverseWriter, value: Value): void {
  parameters(writer, 9, records(value['parameters']));
  for (const [method, number] of METHODS) if (value[method]) nested(writer, number, () => operation(writer, record(value[method])));
}

function apiKey(writer: ReverseWriter, value: Value): void {
  nested(writer, 2, () => {
    text(writer, 4, value['description']);
    text(writer, 3, value['in']);
    text(writer, 2, value['name']);
    text(writer, 1, value['type']);
  });
}

function security(writer: ReverseWriter, value: Value): void {
  named(writer, 1, value, () => undefined);
}

/** As `named`, in steps. */
function* namedSteps(writer: ReverseWriter, place: readonly [number, number], map: Value, write: Write): Generator<undefined, void> {
  const before = writer.length;
  const keys = Object.keys(map);
  for (let i = keys.length - 1; i >= 0; i -= 1) {
    named(writer, place[1], { [keys[i]!]: map[keys[i]!] }, write);
    yield;
  }
  writer.varint(writer.length - before);
  writer.varint(place[0] * 8 + 2);
}

/** The bytes of a v2 document that `openApiV2` made; in steps, since it is a long work. */
export function* encodeOpenApiV2(document: Json): Generator<undefined, Buffer> {
  const writer = new ReverseWriter();
  nested(writer, 13, () => named(writer, 1, record(document['securityDefinitions']), apiKey));
  for (const one of records(document['security']).toReversed()) nested(writer, 12, () => security(writer, one));
  yield* namedSteps(writer, [9, 1], record(document['definitions']), schema);
  yield* namedSteps(writer, [8, 2], record(document['paths']), pathItem);
  const info = record(document['info']);
  nested(writer, 2, () => {
    text(writer, 2, info['version']);
    text(writer, 1, info['title']);
  });
  text(writer, 1, document['swagger']);
  return writer.take();
}
