/**
 * A message as JSON sees it: inline members stand among the parent's, and every type has the name Go errors give it.
 */
import type { AnySchema, Message, Markers, Presence, ScalarName } from './schema.ts';
import { resolve } from './schema.ts';

/** A member of a message in JSON. */
export interface JsonField {
  readonly name: string;
  /** Its protobuf number in the struct that declares it. */
  readonly number: number;
  readonly schema: AnySchema;
  readonly presence: Exclude<Presence, 'inline'>;
  readonly markers: Markers;
}

// Both caches hold what follows from a schema alone, so sharing them cannot be observed.
const fieldsOf = new WeakMap<Message, readonly JsonField[]>();
const namedFieldsOf = new WeakMap<Message, ReadonlyMap<string, JsonField>>();

/** Members in JSON order, those of inline structs in place. A name of the parent hides the same name of an inline struct. */
export function jsonFields(message: Message): readonly JsonField[] {
  let fields = fieldsOf.get(message);
  if (!fields) {
    fields = flatten(message);
    fieldsOf.set(message, fields);
  }
  return fields;
}

/** `jsonFields` by name. */
export function jsonFieldMap(message: Message): ReadonlyMap<string, JsonField> {
  let fields = namedFieldsOf.get(message);
  if (!fields) {
    fields = new Map(jsonFields(message).map((field) => [field.name, field]));
    namedFieldsOf.set(message, fields);
  }
  return fields;
}

function flatten(message: Message): JsonField[] {
  const out: JsonField[] = [];
  const own = new Set(Object.keys(message.fields).filter((name) => message.fields[name]!.presence !== 'inline'));
  for (const [name, field] of Object.entries(message.fields)) {
    const { presence } = field;
    if (presence !== 'inline') {
      out.push({ name, number: field.number, schema: field.schema, presence, markers: field.markers });
      continue;
    }
    for (const member of jsonFields(resolve(field.schema) as Message)) if (!own.has(member.name)) out.push(member);
  }
  return out;
}

/** `kind` and `apiVersion` of an object (not of a reference): protobuf does not have them. */
export function isTypeMeta(field: JsonField): boolean {
  return field.number === 0 && (field.name === 'kind' || field.name === 'apiVersion');
}

/** Go's zero values, which documents give as defaults of members held by value. */
const ZEROS: Readonly<Record<string, unknown>> = { string: '', bool: false, int32: 0, int64: 0, double: 0 };

/** The zero value of a type as documents give it: of plain scalars and structs only. */
export function documentedZero(schema: AnySchema): unknown {
  const type = resolve(schema);
  return type.type === 'scalar' ? ZEROS[type.name] : type.type === 'message' ? {} : undefined;
}

/** What an absent member counts as: the declared default, or the zero value where Go always writes the member. */
export function defaultOf(field: JsonField): unknown {
  if (field.markers.default !== undefined) return field.markers.default;
  if (field.presence === 'embedded') return {};
  return field.presence !== 'required' || isTypeMeta(field) ? undefined : documentedZero(field.schema);
}

/** `core/v1.PodSpec` is `PodSpec`. */
export function shortTypeName(message: Message): string {
  return message.name.slice(message.name.lastIndexOf('.') + 1);
}

const GO_SCALARS: Readonly<Record<ScalarName, string>> = {
  string: 'string',
  bool: 'bool',
  int32: 'int32',
  int64: 'int64',
  double: 'float64',
  bytes: '[]uint8',
  time: 'v1.Time',
  microTime: 'v1.MicroTime',
  duration: 'v1.Duration',
  quantity: 'resource.Quantity',
  intOrString: 'intstr.IntOrString',
  fieldsV1: 'v1.FieldsV1',
  rawExtension: 'runtime.RawExtension',
  json: 'v1.JSON',
  jsonSchemaPropsOrBool: 'v1.JSONSchemaPropsOrBool',
  jsonSchemaPropsOrArray: 'v1.JSONSchemaPropsOrArray',
  jsonSchemaPropsOrStringArray: 'v1.JSONSchemaPropsOrStringArray',
};

/** The Go type as decoding errors name it: `[]v1.Container`, `map[string]string`, `int32`. */
export function goTypeName(schema: AnySchema): string {
  const type = resolve(schema);
  switch (type.type) {
    case 'scalar':
      return GO_SCALARS[type.name];
    case 'list':
      return `[]${goTypeName(type.item)}`;
    case 'map':
      return `map[string]${goTypeName(type.value)}`;
    case 'message': {
      const path = type.name.slice(0, type.name.lastIndexOf('.'));
      return `${path.slice(path.lastIndexOf('/') + 1)}.${shortTypeName(type)}`;
    }
  }
}
