/**
 * Rules of schemas of custom resources: what of OpenAPI they may use, and how Kubernetes' own extensions go together. Of
 * expressions see `rule-validation.ts`.
 *
 * Source: apiextensions-apiserver `pkg/apis/apiextensions/validation` ValidateCustomResourceDefinitionOpenAPISchema.
 */
import { at, child, type FieldError, forbiddenField, invalid, notSupported } from '#machinery/field-error.ts';
import type { JSONSchemaProps } from './json-schema.ts';
import { listRules, mapTypeRules } from './list-type-validation.ts';
import { itemSchema, itemSchemas, limitsMembers, memberSchema } from './schema-parts.ts';

const TYPES: readonly string[] = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const UNSUPPORTED = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'] as const;

/** Where a schema stands. */
interface Place {
  readonly root: boolean;
  /** Below the metadata of the resource or of one inside it. */
  readonly inMetadata: boolean;
  /** Why defaults are not allowed here. */
  readonly noDefaults?: string;
}

/** Rules of the schema of a version, at its root. */
export function schemaFindings(field: string, schema: JSONSchemaProps): FieldError[] {
  return findings(field, schema, { root: true, inMetadata: false });
}

function findings(field: string, schema: JSONSchemaProps, place: Place): FieldError[] {
  const keep = schema['x-kubernetes-preserve-unknown-fields'];
  return [
    ...keywordRules(field, schema, place),
    ...memberRules(field, schema, place),
    ...branches(field, schema).flatMap(([path, branch]) => findings(path, branch, { ...place, root: false })),
    ...(keep === false ? [invalid(child(field, 'x-kubernetes-preserve-unknown-fields'), keep, 'must be true or undefined')] : []),
    ...mapTypeRules(field, schema),
    ...listRules(field, schema),
  ];
}

function keywordRules(field: string, schema: JSONSchemaProps, { noDefaults, inMetadata }: Place): FieldError[] {
  const { type = '', default: value, uniqueItems } = schema;
  const errors: FieldError[] = [];
  if (noDefaults !== undefined && value !== undefined) errors.push(forbiddenField(child(field, 'default'), noDefaults));
  for (const name of UNSUPPORTED) {
    const given = schema[name];
    if (given !== undefined && given !== '') errors.push(forbiddenField(child(field, name), `${name} is not supported`));
  }
  if (type === 'null') errors.push(forbiddenField(child(field, 'type'), 'type cannot be set to null, use nullable as an alternative'));
  else if (type && !TYPES.includes(type)) errors.push(notSupported(child(field, 'type'), type, TYPES));
  if (itemSchemas(schema).length) errors.push(forbiddenField(child(field, 'items'), 'items must be a schema object and not an array'));
  if (inMetadata && schema['x-kubernetes-embedded-resource'])
    errors.push(forbiddenField(child(field, 'x-kubernetes-embedded-resource'), 'must not be used inside of resource meta'));
  if (uniqueItems) errors.push(forbiddenField(child(field, 'uniqueItems'), 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'));
  return errors;
}

/** Members with names and without. */
function memberRules(field: string, schema: JSONSchemaProps, place: Place): FieldError[] {
  const properties = Object.entries(schema.properties ?? {});
  const errors: FieldError[] = [];
  if (properties.length && limitsMembers(schema))
    errors.push(forbiddenField(child(field, 'additionalProperties'), 'additionalProperties and properties are mutual exclusive'));
  const others = memberSchema(schema);
  if (others) {
    const noDefaults = place.inMetadata ? { noDefaults: 'inside additionalProperties applying to object metadata' } : {};
    errors.push(...findings(child(field, 'additionalProperties'), others, { ...place, root: false, ...noDefaults }));
  }
  for (const [name, property] of properties) {
    const metadata = name === 'metadata' && (place.root || schema['x-kubernetes-embedded-resource'] === true);
    const below: Place = {
      ...place,
      root: false,
      ...(metadata ? { inMetadata: true } : {}),
      ...(metadata && place.root ? { noDefaults: `in top-level ${name}` } : {}),
    };
    errors.push(...findings(at(child(field, 'properties'), name), property, below));
  }
  return errors;
}

/** Schemas that apply to the value itself or its items. */
function branches(field: string, schema: JSONSchemaProps): (readonly [string, JSONSchemaProps])[] {
  const found: (readonly [string, JSONSchemaProps])[] = schema.not ? [[child(field, 'not'), schema.not]] : [];
  for (const name of ['allOf', 'oneOf', 'anyOf'] as const)
    for (const [index, branch] of (schema[name] ?? []).entries()) found.push([at(child(field, name), index), branch]);
  const items = itemSchema(schema);
  if (items) found.push([child(field, 'items'), items]);
  for (const [index, one] of itemSchemas(schema).entries()) found.push([at(child(field, 'items'), index), one]);
  return found;
}

/** What may stand at the root of a schema when the status is a subresource: the status' own schema is taken out of its properties. */
const AT_ROOT: Readonly<Record<string, string>> = {
  Description: 'description',
  Type: 'type',
  Format: 'format',
  Title: 'title',
  Maximum: 'maximum',
  ExclusiveMaximum: 'exclusiveMaximum',
  Minimum: 'minimum',
  ExclusiveMinimum: 'exclusiveMinimum',
  MaxLength: 'maxLength',
  MinLength: 'minLength',
  Pattern: 'pattern',
  MaxItems: 'maxItems',
  MinItems: 'minItems',
  UniqueItems: 'uniqueItems',
  MultipleOf: 'multipleOf',
  Required: 'required',
  Items: 'items',
  Properties: 'properties',
  ExternalDocs: 'externalDocs',
  Example: 'example',
  XPreserveUnknownFields: 'x-kubernetes-preserve-unknown-fields',
  XValidations: 'x-kubernetes-validations',
};

/** Rules of the root of a schema whose status is a subresource. */
export function rootWithStatusFindings(field: string, schema: JSONSchemaProps): FieldError[] {
  if (schema.type !== 'object') {
    const text = 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled';
    if (schema.type) return [invalid(child(field, 'type'), schema.type, text)];
  }
  const allowed = new Set(Object.values(AT_ROOT));
  const other = Object.entries(schema).some(([name, value]) => !allowed.has(name) && value !== undefined && value !== false && value !== '');
  if (!other) return [];
  return [invalid(field, schema, `only [${Object.keys(AT_ROOT).join(' ')}] fields are allowed at the root of the schema if the status subresource is enabled`)];
}
