import { createCases, updateCases } from '../../testing/tables.ts';
import { customResourceDefinitions } from './kind.ts';

const names = { plural: 'crontabs', kind: 'CronTab' };
const definition = (schema: object, version: object = {}): object => ({
  kind: 'CustomResourceDefinition',
  apiVersion: 'apiextensions.k8s.io/v1',
  metadata: { name: 'crontabs.example.com' },
  spec: { group: 'example.com', scope: 'Namespaced', names, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', ...schema } }, ...version }] },
});
const ROOT = 'spec.versions[0].schema.openAPIV3Schema';
const PART = `${ROOT}.properties[part]`;
const part = (schema: object): object => definition({ properties: { part: schema } });
const list = (members: object): object => part({ type: 'array', items: { type: 'string' }, ...members });
const keyed = (members: object = {}, item: object = {}): object =>
  list({
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
    items: { type: 'object', required: ['name'], properties: { name: { type: 'string' } }, ...item },
    ...members,
  });

createCases(customResourceDefinitions, {
  'structural schema': [
    definition({
      required: ['spec'],
      properties: {
        apiVersion: { type: 'string' },
        kind: { type: 'string' },
        metadata: { type: 'object', properties: { name: { type: 'string', maxLength: 20 } } },
        spec: {
          type: 'object',
          properties: {
            port: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
            size: { 'x-kubernetes-int-or-string': true, allOf: [{ anyOf: [{ type: 'integer' }, { type: 'string' }] }, { anyOf: [{ minimum: 1 }, { pattern: '^a' }] }] },
            any: { 'x-kubernetes-preserve-unknown-fields': true },
            template: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
            labels: { type: 'object', additionalProperties: { type: 'string' }, 'x-kubernetes-map-type': 'atomic' },
            mode: { type: 'string', enum: ['a', 'b'], default: 'a', nullable: true },
          },
          oneOf: [{ required: ['port'] }, { properties: { mode: { enum: ['a'] } } }],
          not: { required: ['any', 'labels'] },
        },
      },
    }),
    [],
  ],
  'keyed list': [keyed(), []],
  'key with a default': [keyed({}, { required: [], properties: { name: { type: 'string', default: 'a' } } }), []],
  'set of atomic maps': [list({ 'x-kubernetes-list-type': 'set', items: { type: 'object', 'x-kubernetes-map-type': 'atomic' } }), []],

  'keywords that are not supported': [
    part({ type: 'string', id: 'a', $ref: '#/a', definitions: { a: { type: 'string' } }, dependencies: { a: ['b'] }, patternProperties: { a: { type: 'string' } }, additionalItems: true }),
    ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'].map((name) => `${PART}.${name}: Forbidden: ${name} is not supported`),
  ],
  'null is no type': [part({ type: 'null' }), [`${PART}.type: Forbidden: type cannot be set to null, use nullable as an alternative`]],
  'no known type': [part({ type: 'date' }), [`${PART}.type: Unsupported value: "date": supported values: "array", "boolean", "integer", "number", "object", "string"`]],
  'unique items': [list({ uniqueItems: true }), [`${PART}.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic`]],
  'items by position': [
    part({ type: 'array', items: [{ type: 'string' }] }),
    [`${PART}.items: Forbidden: items must be a schema object and not an array`],
  ],
  'named and other members': [
    part({ type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false }),
    [`${PART}.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive`],
  ],
  'other members at the root': [definition({ additionalProperties: { type: 'string' } }), [`${ROOT}.additionalProperties: Forbidden: must not be used at the root`]],
  'unknown fields dropped, expressly': [part({ type: 'object', 'x-kubernetes-preserve-unknown-fields': false }), [`${PART}.x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined`]],
  'map type of a string': [
    part({ type: 'string', 'x-kubernetes-map-type': 'loose' }),
    [
      `${PART}.type: Invalid value: "string": must be object if x-kubernetes-map-type is specified`,
      `${PART}.x-kubernetes-map-type: Unsupported value: "loose": supported values: "atomic", "granular"`,
    ],
  ],
  'list type of a string': [
    part({ type: 'string', 'x-kubernetes-list-type': 'bag' }),
    [
      `${PART}.type: Invalid value: "string": must be array if x-kubernetes-list-type is specified`,
      `${PART}.x-kubernetes-list-type: Unsupported value: "bag": supported values: "atomic", "set", "map"`,
    ],
  ],
  'keys of no map': [
    list({ 'x-kubernetes-list-map-keys': ['name'] }),
    [`${PART}.x-kubernetes-list-type: Required value: must be map if x-kubernetes-list-map-keys is non-empty`],
  ],
  'keys of a set': [
    list({ 'x-kubernetes-list-type': 'set', 'x-kubernetes-list-map-keys': ['name'] }),
    [`${PART}.x-kubernetes-list-type: Invalid value: "set": must be map if x-kubernetes-list-map-keys is non-empty`],
  ],
  'no keys': [keyed({ 'x-kubernetes-list-map-keys': [] }), [`${PART}.x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map`]],
  'a keyed list of strings': [
    keyed({ items: { type: 'string' } }),
    [`${PART}.items.type: Invalid value: "string": must be object if parent array's x-kubernetes-list-type is map`],
  ],
  'keys that are not there, or twice': [
    keyed({ 'x-kubernetes-list-map-keys': ['name', 'name', 'other'] }),
    [
      `${PART}.x-kubernetes-list-map-keys: Invalid value: ["name","name","other"]: must not contain duplicate entries`,
      `${PART}.x-kubernetes-list-map-keys: Invalid value: ["name","name","other"]: entries must all be names of item properties`,
    ],
  ],
  'a key that may be absent, null, or a list': [
    keyed({}, { nullable: true, required: [], properties: { name: { type: 'array', items: { type: 'string' }, nullable: true } } }),
    [
      `${PART}.items.properties[name].type: Invalid value: "object": must be a scalar type if parent array's x-kubernetes-list-type is map`,
      `${PART}.items.properties[name].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`,
      `${PART}.items.properties[name].nullable: Forbidden: this property is in x-kubernetes-list-map-keys, so it cannot be nullable`,
      `${PART}.items.nullable: Forbidden: cannot be nullable when x-kubernetes-list-type is map`,
    ],
  ],
  'a set of lists': [
    list({ 'x-kubernetes-list-type': 'set', items: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' } }),
    [`${PART}.items.x-kubernetes-list-type: Invalid value: "set": must be atomic as item of a list with x-kubernetes-list-type=set`],
  ],
  'defaults in metadata': [
    definition({ properties: { metadata: { type: 'object', properties: { name: { type: 'string', default: 'a' } } } } }),
    [`${ROOT}.properties[metadata].properties[name].default: Forbidden: in top-level metadata`],
  ],
  'a nullable root': [definition({ nullable: true }), [`${ROOT}.nullable: Forbidden: nullable cannot be true at the root`]],
  'a choice at the root beside a status': [
    definition({ anyOf: [{ required: ['spec'] }] }, { subresources: { status: {} } }),
    [
      `${ROOT}: Invalid value: {"type":"object","anyOf":[{"required":["spec"]}]}: only [Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations] fields are allowed at the root of the schema if the status subresource is enabled`,
    ],
  ],

  'no types': [
    definition({ type: '', properties: { part: { properties: { a: {} } }, list: { type: 'array', items: {} }, empty: { type: 'array' } } }),
    [
      `${ROOT}.properties[empty].items: Required value: must be specified`,
      `${ROOT}.properties[list].items.type: Required value: must not be empty for specified array items`,
      `${ROOT}.properties[part].properties[a].type: Required value: must not be empty for specified object fields`,
      `${ROOT}.properties[part].type: Required value: must not be empty for specified object fields`,
      `${ROOT}.type: Required value: must not be empty at the root`,
    ],
  ],
  'a resource that is no object': [
    part({ type: 'string', 'x-kubernetes-embedded-resource': true }),
    [
      `${PART}.type: Invalid value: "string": must be object if x-kubernetes-embedded-resource is true`,
      `${PART}.properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields`,
    ],
  ],
  'int, string or resource': [
    part({ type: 'object', 'x-kubernetes-int-or-string': true, 'x-kubernetes-preserve-unknown-fields': true, 'x-kubernetes-embedded-resource': true }),
    ['preserve-unknown-fields', 'embedded-resource'].map((name) => `${PART}.x-kubernetes-${name}: Invalid value: true: must be false if x-kubernetes-int-or-string is true`),
  ],
  'metadata is given': [
    definition({ properties: { kind: { type: 'integer' }, metadata: { type: 'object', properties: { labels: { type: 'object' } } } } }),
    [
      `${ROOT}.properties[kind].type: Invalid value: "integer": must be string`,
      `${ROOT}.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified`,
    ],
  ],
  'branches that describe': [
    part({
      type: 'object',
      properties: { a: { type: 'string' } },
      anyOf: [{ type: 'object', description: 'x', nullable: true, additionalProperties: false, 'x-kubernetes-int-or-string': true, properties: { a: { default: 'x' } } }],
    }),
    [
      `${PART}.anyOf[0].additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive`,
      `${PART}.anyOf[0].properties[a].default: Forbidden: must be undefined to be structural`,
      `${PART}.anyOf[0].type: Forbidden: must be empty to be structural`,
      `${PART}.anyOf[0].additionalProperties: Forbidden: must be undefined to be structural`,
      `${PART}.anyOf[0].description: Forbidden: must be empty to be structural`,
      `${PART}.anyOf[0].nullable: Forbidden: must be false to be structural`,
      `${PART}.anyOf[0].x-kubernetes-int-or-string: Forbidden: must be false to be structural`,
    ],
  ],
  'branches that speak of what is not there': [
    part({ type: 'object', not: { properties: { b: { minimum: 1 }, metadata: {} }, allOf: [{ items: { minLength: 1 } }] } }),
    [
      `${PART}.not.properties[metadata]: Forbidden: must not be specified in a nested context`,
      `${PART}.items: Required value: because it is defined in ${PART}.not.allOf[0].items`,
      `${PART}.properties[b]: Required value: because it is defined in ${PART}.not.properties[b]`,
      `${PART}.properties[metadata]: Required value: because it is defined in ${PART}.not.properties[metadata]`,
    ],
  ],
});

updateCases(customResourceDefinitions, part({ properties: { a: {} } }), {
  'a schema that was accepted before': [(draft) => void (draft.metadata!.labels = { a: 'b' }), []],
  'a new schema': [
    (draft) => void (draft.spec!.versions![0]!.schema = { openAPIV3Schema: { type: 'object', properties: { a: {} } } }),
    [`${ROOT}.properties[a].type: Required value: must not be empty for specified object fields`],
  ],
});
