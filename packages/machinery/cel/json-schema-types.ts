/**
 * Types of values that a structural JSON schema describes, and the names by which expressions call their fields.
 *
 * Source: the documentation of `x-kubernetes-validations` (types, escaped names).
 */
import { readDuration, readTimestamp } from './standard/conversions.ts';
import { BOOL, BYTES, type CelField, type CelType, DOUBLE, DYN, INT, listOf, mapOf, type ObjectType, objectOf, STRING } from './types.ts';

/** What of a JSON schema decides about types. */
export interface SchemaShape {
  readonly type?: string;
  readonly format?: string;
  readonly properties?: { readonly [name: string]: SchemaShape };
  /** A schema, or whether any is allowed. */
  readonly additionalProperties?: unknown;
  readonly items?: unknown;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-embedded-resource'?: boolean;
}

const TEXT_FORMATS: ReadonlyMap<string, CelType> = new Map<string, CelType>([
  ['byte', BYTES],
  ['duration', { kind: 'duration', adapt: readDuration }],
  ['date', { kind: 'timestamp', adapt: readTimestamp }],
  ['date-time', { kind: 'timestamp', adapt: readTimestamp }],
]);

/** The schema that a member holds, if it holds one. */
export const schemaIn = (member: unknown): SchemaShape | undefined =>
  typeof member === 'object' && member !== null && !Array.isArray(member) ? (member as SchemaShape) : undefined;

const METADATA = objectOf('metadata', { name: STRING, generateName: STRING });

/** The type of the values of a schema; undefined: expressions cannot see them. `isResource`: it is the root of a resource, which has a name. */
export function schemaType(schema: SchemaShape, name: string, isResource = false): CelType | undefined {
  if (schema['x-kubernetes-int-or-string']) return DYN;
  switch (schema.type) {
    case 'array': {
      const items = schemaIn(schema.items);
      const element = items && schemaType(items, `${name}.@items`);
      return element && listOf(element);
    }
    case 'object':
      return objectType(schema, name, isResource || schema['x-kubernetes-embedded-resource'] === true);
    case 'string':
      return TEXT_FORMATS.get(schema.format ?? '') ?? STRING;
    case 'boolean':
      return BOOL;
    case 'number':
      return DOUBLE;
    case 'integer':
      return INT;
    default:
      return undefined;
  }
}

function objectType(schema: SchemaShape, name: string, isResource: boolean): CelType | undefined {
  const values = schemaIn(schema.additionalProperties);
  if (values) {
    const value = schemaType(values, `${name}.@values`);
    return value && mapOf(STRING, value);
  }
  const properties = schema.properties ?? {};
  const byName = new Map(Object.keys(properties).flatMap((json): [string, string][] => (escapeName(json) === undefined ? [] : [[escapeName(json)!, json]])));
  const known = new Map<string, CelField | undefined>();
  const find = (field: string): CelField | undefined => {
    if (isResource && (field === 'apiVersion' || field === 'kind')) return { type: STRING };
    if (isResource && field === 'metadata') return { type: METADATA };
    const json = byName.get(field);
    const type = json === undefined ? undefined : schemaType(properties[json]!, `${name}.${json}`);
    return type && { type, json: json! };
  };
  const type: ObjectType = {
    kind: 'object',
    name,
    field(field) {
      if (!known.has(field)) known.set(field, find(field));
      return known.get(field);
    },
    named: (json) => escapeName(json) ?? json,
  };
  return type;
}

const RESERVED: ReadonlySet<string> = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(' '),
);
const ESCAPES: Readonly<Record<string, string>> = { __: '__underscores__', '.': '__dot__', '-': '__dash__', '/': '__slash__' };

/** What expressions call a member; undefined: they cannot. */
function escapeName(json: string): string | undefined {
  if (!/^[a-zA-Z_.\-/][a-zA-Z0-9_.\-/]*$/.test(json)) return undefined;
  if (RESERVED.has(json)) return `__${json}__`;
  return json.replace(/__|[.\-/]/g, (part) => ESCAPES[part]!);
}
