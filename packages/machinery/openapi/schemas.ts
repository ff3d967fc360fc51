/**
 * Schemas of declared types, in the dialect of OpenAPI v2 or v3.
 *
 * Source: kube-openapi's generator (required, defaults, extensions) and the 1.36 documents' shape.
 */
import type { GroupVersionKind, Kind } from '../kind.ts';
import { listMeta } from '../meta.ts';
import type { AnySchema, Message, Scalar } from '../schema.ts';
import { resolve } from '../schema.ts';
import { defaultOf, documentedZero, isTypeMeta, type JsonField, jsonFields } from '../schema-fields.ts';
import {
  definitionName,
  INT_OR_STRING,
  JSON_VALUE,
  META,
  PROPS_OR_ARRAY,
  PROPS_OR_BOOL,
  PROPS_OR_STRINGS,
  QUANTITY,
  RAW_EXTENSION,
  VERSION_INFO,
} from './names.ts';
import type { Describe, Json } from './source.ts';

/** Which document the schemas are for. */
export type Dialect = 'v2' | 'v3';

/** Scalars that are inline types. */
const PLAIN: Readonly<Record<string, Json>> = {
  string: { type: 'string' },
  bool: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  double: { type: 'number', format: 'double' },
  bytes: { type: 'string', format: 'byte' },
};

/** Scalars that are definitions of their own. */
const NAMED: Readonly<Record<string, string>> = {
  time: `${META}Time`,
  microTime: `${META}MicroTime`,
  duration: `${META}Duration`,
  fieldsV1: `${META}FieldsV1`,
  quantity: QUANTITY,
  intOrString: INT_OR_STRING,
  rawExtension: RAW_EXTENSION,
  json: JSON_VALUE,
  jsonSchemaPropsOrBool: PROPS_OR_BOOL,
  jsonSchemaPropsOrArray: PROPS_OR_ARRAY,
  jsonSchemaPropsOrStringArray: PROPS_OR_STRINGS,
};

/** Texts for the definitions that have no declaration. */
const SPECIAL_TEXTS: ReadonlyMap<string, string> = new Map([
  [`${META}Time`, 'A time in RFC 3339 text, in UTC and whole seconds.'],
  [`${META}MicroTime`, 'A time in RFC 3339 text, in UTC and microseconds.'],
  [`${META}Duration`, 'A length of time as text, such as 1h30m0s.'],
  [`${META}FieldsV1`, 'A set of fields as a tree whose keys are field names and list items.'],
  [`${META}Patch`, 'A patch in the format that the media type of the request names.'],
  [QUANTITY, 'A number with an optional suffix: decimal (m, k, M, G, T, P, E), binary (Ki, Mi, Gi, Ti, Pi, Ei) or a decimal exponent.'],
  [INT_OR_STRING, 'A number, or a text such as a percentage or the name of a port.'],
  [RAW_EXTENSION, 'Any object, kept as it is.'],
  [VERSION_INFO, 'Which version the server is, and which it behaves like.'],
  [JSON_VALUE, 'Any JSON value.'],
  [PROPS_OR_BOOL, 'A schema or a boolean.'],
  [PROPS_OR_ARRAY, 'A schema or a list of schemas.'],
  [PROPS_OR_STRINGS, 'A schema or a list of texts.'],
]);

/** What `/version` tells; the first are always there. Source: apimachinery `version.Info`. */
const VERSION_FIELDS = ['major', 'minor', 'gitVersion', 'gitCommit', 'gitTreeState', 'buildDate', 'goVersion', 'compiler', 'platform'];
const EFFECTIVE_VERSION_FIELDS = ['emulationMajor', 'emulationMinor', 'minCompatibilityMajor', 'minCompatibilityMinor'];

function versionInfo(dialect: Dialect): Json {
  const required = VERSION_FIELDS.map((name) => [name, { ...(dialect === 'v3' ? { default: '' } : {}), type: 'string' }] as const);
  const others = EFFECTIVE_VERSION_FIELDS.map((name) => [name, { type: 'string' }] as const);
  return { type: 'object', required: VERSION_FIELDS, properties: Object.fromEntries([...required, ...others].toSorted(([a], [b]) => (a < b ? -1 : 1))) };
}

function specialSchema(name: string, dialect: Dialect): Json {
  switch (name) {
    case VERSION_INFO:
      return versionInfo(dialect);
    case `${META}Time`:
    case `${META}MicroTime`:
      return { type: 'string', format: 'date-time' };
    case `${META}Duration`:
      return { type: 'string' };
    case QUANTITY:
      return dialect === 'v2' ? { type: 'string' } : { oneOf: [{ type: 'string' }, { type: 'number' }] };
    case INT_OR_STRING:
      return dialect === 'v2'
        ? { type: 'string', format: 'int-or-string' }
        : { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] };
    case RAW_EXTENSION:
    case `${META}FieldsV1`:
    case `${META}Patch`:
      return { type: 'object' };
    default:
      return {};
  }
}

/** Collects the definitions that a document needs, each once. */
export class SchemaBuilder {
  readonly #dialect: Dialect;
  readonly #describe: Describe;
  readonly #definitions = new Map<string, Json>();

  constructor(dialect: Dialect, describe: Describe) {
    this.#dialect = dialect;
    this.#describe = describe;
  }

  /** All definitions so far, sorted by name. */
  definitions(): Json {
    return Object.fromEntries([...this.#definitions].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** A reference to a declared type, which is defined on the way. */
  message(schema: Message): Json {
    const name = definitionName(schema.name);
    if (!this.#definitions.has(name)) {
      const definition: Json = {};
      this.#definitions.set(name, definition);
      this.#fill(definition, schema);
    }
    return this.#ref(name);
  }

  /** A reference to a type that is no struct (Time, Quantity, Patch). */
  special(name: string): Json {
    if (!this.#definitions.has(name)) {
      const description = this.#describe(name) ?? SPECIAL_TEXTS.get(name);
      this.#definitions.set(name, { ...(description ? { description } : {}), ...specialSchema(name, this.#dialect) });
    }
    return this.#ref(name);
  }

  /** A reference to the list type of a kind. */
  list(kind: Pick<Kind, 'group' | 'version' | 'kind' | 'listKind' | 'schema'>): Json {
    const path = kind.schema.name.slice(0, kind.schema.name.lastIndexOf('.'));
    const typeName = `${path}.${kind.listKind}`;
    const name = definitionName(typeName);
    if (!this.#definitions.has(name)) {
      const properties: Json = {};
      for (const field of jsonFields(kind.schema)) if (isTypeMeta(field)) properties[field.name] = this.#property(field, kind.schema.name);
      const item = this.message(kind.schema);
      properties['items'] = {
        description: `List of ${kind.kind} objects.`,
        type: 'array',
        items: this.#dialect === 'v2' ? item : { default: {}, allOf: [item] },
      };
      properties['metadata'] = this.#withText(this.message(listMeta), 'Metadata of the list.', this.#dialect === 'v3' ? {} : undefined);
      this.#definitions.set(name, {
        description: this.#describe(typeName) ?? `${kind.listKind} is a list of ${kind.kind} objects.`,
        type: 'object',
        required: ['items'],
        properties: Object.fromEntries(Object.entries(properties).sort(([a], [b]) => (a < b ? -1 : 1))),
      });
      this.markKind(name, { group: kind.group, version: kind.version, kind: kind.listKind });
    }
    return this.#ref(name);
  }

  /** Notes that a definition is a kind that clients can name. */
  markKind(name: string, { group, kind, version }: GroupVersionKind): void {
    const definition = this.#definitions.get(name);
    if (!definition) return;
    const kinds = (definition['x-kubernetes-group-version-kind'] ??= []) as GroupVersionKind[];
    if (!kinds.some((one) => one.group === group && one.version === version && one.kind === kind)) kinds.push({ group, kind, version });
  }

  #ref(name: string): Json {
    return { $ref: `#/${this.#dialect === 'v2' ? 'definitions' : 'components/schemas'}/${name}` };
  }

  #fill(definition: Json, schema: Message): void {
    const fields = jsonFields(schema);
    const description = this.#describe(schema.name);
    if (description) definition['description'] = description;
    definition['type'] = 'object';
    const required = fields
      .filter(isRequired)
      .map((field) => field.name)
      .sort();
    if (required.length > 0) definition['required'] = required;
    const sorted = [...fields].sort((a, b) => (a.name < b.name ? -1 : 1));
    if (sorted.length > 0) definition['properties'] = Object.fromEntries(sorted.map((field) => [field.name, this.#property(field, schema.name)]));
    if (schema.structType) definition['x-kubernetes-map-type'] = schema.structType;
  }

  #property(field: JsonField, owner: string): Json {
    const description = this.#describe(owner, field.name);
    const type = resolve(field.schema);
    const fallback = defaultOf(field);
    const body = this.#withText(this.#type(type), description, this.#dialect === 'v3' || field.markers.default !== undefined ? fallback : undefined);
    if (type.type === 'list') {
      body['x-kubernetes-list-type'] = field.markers.listType ?? 'atomic';
      if (field.markers.keys) body['x-kubernetes-list-map-keys'] = field.markers.keys;
    }
    if (field.markers.mapType) body['x-kubernetes-map-type'] = field.markers.mapType;
    if (field.markers.patch) body['x-kubernetes-patch-strategy'] = field.markers.patch;
    if (field.markers.mergeKey) body['x-kubernetes-patch-merge-key'] = field.markers.mergeKey;
    return body;
  }

  /** Adds text and default; v3 wraps references, beside which nothing else may stand. */
  #withText(body: Json, description: string | undefined, fallback: unknown): Json {
    const extra: Json = { ...(description ? { description } : {}), ...(fallback === undefined ? {} : { default: fallback }) };
    if (!('$ref' in body)) return { ...extra, ...body };
    if (this.#dialect === 'v2') return { ...(description ? { description } : {}), ...body };
    return Object.keys(extra).length > 0 ? { ...extra, allOf: [body] } : body;
  }

  #type(schema: AnySchema): Json {
    const type = resolve(schema);
    switch (type.type) {
      case 'scalar':
        return this.#scalar(type);
      case 'list':
        return { type: 'array', items: this.#item(type.item) };
      case 'map':
        return { type: 'object', additionalProperties: this.#item(type.value) };
      case 'message':
        return this.message(type);
    }
  }

  #item(schema: AnySchema): Json {
    const type = resolve(schema);
    const zero = documentedZero(type);
    return this.#withText(this.#type(type), undefined, this.#dialect === 'v3' ? zero : undefined);
  }

  #scalar(type: Scalar): Json {
    const plain = PLAIN[type.name];
    if (plain) return type.closed && type.values ? { ...plain, enum: [...type.values].sort() } : { ...plain };
    return this.special(NAMED[type.name]!);
  }
}

/** Whether clients must give the member. */
function isRequired(field: JsonField): boolean {
  if (isTypeMeta(field)) return false;
  return field.markers.mustBeSet === true || (field.presence === 'required' && field.markers.notRequired !== true);
}
