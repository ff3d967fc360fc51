/**
 * The vocabulary in which every API type is declared once: JSON names, protobuf numbers, presence, list and map markers.
 *
 * One declaration yields the static type (`Infer`), the JSON and protobuf codecs, OpenAPI, strategic merge, apply and `explain`.
 *
 * ```ts
 * export const containerPort = message('core/v1.ContainerPort', {
 *   name: optional(1, string),
 *   containerPort: required(3, int32),
 *   protocol: optional(4, string, { default: 'TCP' }),
 * });
 * export interface ContainerPort extends Infer<typeof containerPort> {}
 * ```
 *
 * Presence follows the upstream Go declarations, because both wire formats depend on it:
 *
 * | constructor | Go            | JSON                                       | protobuf               |
 * | ----------- | ------------- | ------------------------------------------ | ---------------------- |
 * | `required`  | `T`           | always written, also when zero             | always written         |
 * | `optional`  | `T,omitempty` | dropped when zero or empty; times, quantities and the like show | scalars always written |
 * | `pointer`   | `*T,omitempty`| dropped when absent, kept when zero; `nullable` scalars show null | written when present   |
 * | `embedded`  | struct `T`    | always written, `{}` when empty            | always written         |
 * | `inline`    | embedded      | its members stand among the parent's       | nested under its number|
 */

/** Scalar types. `bytes` is base64 text in memory; `time`, `microTime`, `duration` and `quantity` are their canonical text. */
export type ScalarName =
  | 'string'
  | 'bool'
  | 'int32'
  | 'int64'
  | 'double'
  | 'bytes'
  | 'time'
  | 'microTime'
  | 'duration'
  | 'quantity'
  | 'intOrString'
  | 'fieldsV1'
  | 'rawExtension'
  | 'json'
  | 'jsonSchemaPropsOrBool'
  | 'jsonSchemaPropsOrArray'
  | 'jsonSchemaPropsOrStringArray';

/** A type whose values have no declared members. The type parameter is the static type of a value. */
export interface Scalar<T = unknown> {
  readonly type: 'scalar';
  readonly name: ScalarName;
  /** For strings of a closed or documented set: the values. */
  readonly values?: readonly string[];
  /** No other values are valid. */
  readonly closed?: true;
  /** Exists only in the type system. */
  readonly _value?: T;
}

/** A list of `item`. */
export interface List<S extends AnySchema = AnySchema> {
  readonly type: 'list';
  readonly item: S;
}

/** A map from string keys to `value`. */
export interface StringMap<S extends AnySchema = AnySchema> {
  readonly type: 'map';
  readonly value: S;
  /** Set when protobuf wraps the map's lists in a message of this name (field 1 repeated). */
  readonly wrapped?: string;
}

/** A reference that is resolved on first use: for recursive types and for use before declaration. */
export interface Lazy<T = unknown> {
  readonly type: 'lazy';
  readonly get: () => Message;
  /** Exists only in the type system. */
  readonly _value?: T;
}

/** A struct. */
export interface Message<F extends Fields = Fields> {
  readonly type: 'message';
  /** `core/v1.PodSpec`: package path without `k8s.io/api/`, dot, type name. */
  readonly name: string;
  readonly fields: F;
  /** `atomic`: server-side apply owns the struct as a whole. */
  readonly structType?: 'atomic' | 'granular';
}

/** Any type. */
export type AnySchema = Scalar | List | StringMap | Message | Lazy;

/** How a field is present in Go, and hence on the wire. */
export type Presence = 'required' | 'optional' | 'pointer' | 'embedded' | 'inline';

/** Markers of a field that generic code (merge, apply, OpenAPI) reads. */
export interface Markers {
  /** Server-side apply's topology of a list. Absent means atomic. */
  readonly listType?: 'atomic' | 'set' | 'map';
  /** Keys of a `map` list. */
  readonly keys?: readonly string[];
  /** `atomic` maps are owned as a whole. */
  readonly mapType?: 'atomic' | 'granular';
  /** Strategic merge patch strategy. */
  readonly patch?: 'merge' | 'retainKeys' | 'replace' | 'merge,retainKeys';
  /** Strategic merge patch key of a list of structs. */
  readonly mergeKey?: string;
  /** Declared default (OpenAPI `default`); defaulting itself is the kind's. */
  readonly default?: unknown;
  readonly deprecated?: true;
  /** OpenAPI does not list a `required` field as required (`+optional` without omitempty). */
  readonly notRequired?: true;
  /** OpenAPI lists a field as required although its presence alone does not say so. */
  readonly mustBeSet?: true;
  /** The protobuf name when it is not the JSON name. */
  readonly protoName?: string;
  /** Feature gates without which the field is dropped when disabled. */
  readonly gates?: readonly string[];
  /** A pointer that JSON writes as null when nil. */
  readonly nullable?: true;
  /** Held by value and yet left out of JSON when zero (Go's omitzero). */
  readonly omitZero?: true;
  /** The member of a union. */
  readonly oneOf?: string;
}

/** A field: its protobuf number (0: not in protobuf), type, presence and markers. */
export interface Field<S extends AnySchema = AnySchema, P extends Presence = Presence> {
  readonly number: number;
  readonly schema: S;
  readonly presence: P;
  readonly markers: Markers;
}

/** Fields by JSON name, in declaration order (which is the JSON order). Inline members stand under a name of their own that JSON does not show. */
export type Fields = { readonly [name: string]: Field };

type Simplify<T> = { readonly [K in keyof T]: T[K] };

type ValueOf<S> =
  S extends Scalar<infer T>
    ? T
    : S extends Lazy<infer T>
      ? T
      : S extends List<infer I>
        ? readonly ValueOf<I>[]
        : S extends StringMap<infer V>
          ? { readonly [key: string]: ValueOf<V> }
          : S extends Message
            ? Infer<S>
            : never;

type MemberOf<F> = F extends Field<infer S, Presence> ? ValueOf<S> : never;

type Always<F extends Fields> = {
  readonly [K in keyof F as F[K]['presence'] extends 'required' | 'embedded' ? K : never]: MemberOf<F[K]>;
};

type Maybe<F extends Fields> = {
  readonly [K in keyof F as F[K]['presence'] extends 'optional' | 'pointer' ? K : never]?: MemberOf<F[K]>;
};

type InlineOf<F extends Fields> = { [K in keyof F]: F[K]['presence'] extends 'inline' ? (x: MemberOf<F[K]>) => void : never }[keyof F];

type Intersect<U> = [U] extends [never] ? unknown : U extends (x: infer I) => void ? (y: I) => void : never;

type Merged<U> = [U] extends [never] ? unknown : Intersect<U> extends (y: infer I) => void ? I : unknown;

/** The static, deeply readonly type of a declared message, as it is after decoding. */
export type Infer<M extends Message> = M extends Message<infer F> ? Simplify<Always<F> & Maybe<F> & Merged<InlineOf<F>>> : never;

/** A value under construction: members that decoding would fill in may be left out, everything may be assigned. */
export type Draft<T> = T extends readonly (infer I)[] ? Draft<I>[] : T extends object ? { -readonly [K in keyof T]?: Draft<T[K]> } : T;

const scalar = <T>(name: ScalarName): Scalar<T> => ({ type: 'scalar', name });

export const string: Scalar<string> = scalar('string');
export const bool: Scalar<boolean> = scalar('bool');
export const int32: Scalar<number> = scalar('int32');
export const int64: Scalar<number> = scalar('int64');
export const double: Scalar<number> = scalar('double');
/** Base64 text in memory and JSON, raw in protobuf. */
export const bytes: Scalar<string> = scalar('bytes');
/** RFC 3339, whole seconds, UTC: `2026-01-02T03:04:05Z`. */
export const time: Scalar<string> = scalar('time');
/** RFC 3339 with six fraction digits. */
export const microTime: Scalar<string> = scalar('microTime');
/** Go duration text: `1h0m0s`. */
export const duration: Scalar<string> = scalar('duration');
/** Canonical quantity text: `500m`, `1Gi`. */
export const quantity: Scalar<string> = scalar('quantity');
/** A number, or text such as `25%` or a port name. */
export const intOrString: Scalar<number | string> = scalar('intOrString');
/** A managed-fields set as its JSON tree. */
export const fieldsV1: Scalar<{ readonly [path: string]: unknown }> = scalar('fieldsV1');
/** Any JSON object, embedded. */
export const rawExtension: Scalar<{ readonly [key: string]: unknown }> = scalar('rawExtension');
/** Any JSON value. */
export const json: Scalar<unknown> = scalar('json');
/** A schema or a boolean. */
export const jsonSchemaPropsOrBool: Scalar<unknown> = scalar('jsonSchemaPropsOrBool');
/** A schema or a list of schemas. */
export const jsonSchemaPropsOrArray: Scalar<unknown> = scalar('jsonSchemaPropsOrArray');
/** A schema or a list of strings. */
export const jsonSchemaPropsOrStringArray: Scalar<unknown> = scalar('jsonSchemaPropsOrStringArray');

/** Text of a closed set of values. */
export function oneOf<const V extends readonly string[]>(...values: V): Scalar<V[number]> {
  return { type: 'scalar', name: 'string', values, closed: true };
}

/** Text with documented values where others may appear (an open set). */
export function anyOf(...values: readonly string[]): Scalar<string> {
  return { type: 'scalar', name: 'string', values };
}

/** A list of `item`. */
export function list<S extends AnySchema>(item: S): List<S> {
  return { type: 'list', item };
}

/** A map from text to `value`. */
export function map<S extends AnySchema>(value: S, wrapped?: string): StringMap<S> {
  return wrapped === undefined ? { type: 'map', value } : { type: 'map', value, wrapped };
}

/** A message that is declared later or refers to itself; `T` is its static type. */
export function lazy<T>(get: () => Message): Lazy<T> {
  return { type: 'lazy', get };
}

/** Declares a struct. */
export function message<const F extends Fields>(name: string, fields: F, structType?: 'atomic' | 'granular'): Message<F> {
  return structType === undefined ? { type: 'message', name, fields } : { type: 'message', name, fields, structType };
}

const NO_MARKERS: Markers = {};

function field<S extends AnySchema, P extends Presence>(presence: P, number: number, schema: S, markers: Markers = NO_MARKERS): Field<S, P> {
  return { number, schema, presence, markers };
}

/** Go `T` without omitempty: always written. */
export function required<S extends AnySchema>(number: number, schema: S, markers?: Markers): Field<S, 'required'> {
  return field('required', number, schema, markers);
}

/** Go `T,omitempty`: dropped from JSON when zero. */
export function optional<S extends AnySchema>(number: number, schema: S, markers?: Markers): Field<S, 'optional'> {
  return field('optional', number, schema, markers);
}

/** Go `*T,omitempty`: absent when nil, kept when zero. */
export function pointer<S extends AnySchema>(number: number, schema: S, markers?: Markers): Field<S, 'pointer'> {
  return field('pointer', number, schema, markers);
}

/** A struct held by value: `{}` when empty, always present. */
export function embedded<S extends Message | Lazy>(number: number, schema: S, markers?: Markers): Field<S, 'embedded'> {
  return field('embedded', number, schema, markers);
}

/** A struct whose members stand among the parent's in JSON and nest in protobuf. */
export function inline<S extends Message | Lazy>(number: number, schema: S, markers?: Markers): Field<S, 'inline'> {
  return field('inline', number, schema, markers);
}

/** Follows a `Lazy` to its message; other types are returned as they are. */
export function resolve(schema: AnySchema): Scalar | List | StringMap | Message {
  return schema.type === 'lazy' ? schema.get() : schema;
}
