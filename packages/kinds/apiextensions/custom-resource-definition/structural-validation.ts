/**
 * Structural schemas: every value has one type, given outside of `allOf`, `anyOf`, `oneOf` and `not`, which only narrow it.
 *
 * Source: apiextensions-apiserver `pkg/apiserver/schema` ValidateStructural.
 */
import { at, child, type FieldError, forbiddenField, invalid, required } from '#machinery/field-error.ts';
import { sameValue } from '../../semantic-equal.ts';
import type { JSONSchemaProps } from './json-schema.ts';
import { valueValidationFindings } from './narrowing-validation.ts';
import { itemSchema, memberSchema } from './schema-parts.ts';

type Level = 'root' | 'item' | 'field';

const UNTYPED: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

/** Rules of the schema of a version, at its root. */
export function structuralFindings(field: string, schema: JSONSchemaProps): FieldError[] {
  return levelFindings(field, schema, 'root');
}

function levelFindings(field: string, schema: JSONSchemaProps, level: Level): FieldError[] {
  const items = itemSchema(schema);
  const others = memberSchema(schema);
  const errors = items ? levelFindings(child(field, 'items'), items, 'item') : [];
  if (schema.type === 'array' && schema.items === undefined) errors.push(required(child(field, 'items'), 'must be specified'));
  for (const [name, property] of Object.entries(schema.properties ?? {})) errors.push(...levelFindings(at(child(field, 'properties'), name), property, 'field'));
  if (schema.additionalProperties !== undefined && level === 'root') errors.push(forbiddenField(child(field, 'additionalProperties'), 'must not be used at the root'));
  if (others) errors.push(...levelFindings(child(field, 'additionalProperties'), others, 'field'));
  return [
    ...errors,
    ...extensionRules(field, schema),
    ...valueValidationFindings(field, schema),
    ...typeRules(field, schema, level),
    ...objectMetaRules(field, schema, level),
  ];
}

function extensionRules(field: string, schema: JSONSchemaProps): FieldError[] {
  if (!schema['x-kubernetes-int-or-string']) return [];
  return (['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource'] as const)
    .filter((name) => schema[name] === true)
    .map((name) => invalid(child(field, name), true, 'must be false if x-kubernetes-int-or-string is true'));
}

function typeRules(field: string, schema: JSONSchemaProps, level: Level): FieldError[] {
  const { type = '', properties = {} } = schema;
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  const keeps = schema['x-kubernetes-preserve-unknown-fields'] === true;
  const errors: FieldError[] = [];
  const here = child(field, 'type');
  if (embedded && type !== 'object') {
    const text = 'must be object if x-kubernetes-embedded-resource is true';
    errors.push(type ? invalid(here, type, text) : required(here, text));
  } else if (!type && !schema['x-kubernetes-int-or-string'] && !keeps) {
    errors.push(required(here, UNTYPED[level]));
  }
  if (embedded && !keeps && !Object.keys(properties).length)
    errors.push(required(child(field, 'properties'), 'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields'));
  if (level === 'root' && type && type !== 'object') errors.push(invalid(here, type, 'must be object at the root'));
  return errors;
}

/** What every object of the API has is given; of its metadata only the name may be narrowed. */
function objectMetaRules(field: string, schema: JSONSchemaProps, level: Level): FieldError[] {
  if (level !== 'root' && schema['x-kubernetes-embedded-resource'] !== true) return [];
  const properties = schema.properties ?? {};
  const errors: FieldError[] = [];
  for (const name of ['kind', 'apiVersion']) {
    const type = properties[name]?.type;
    if (properties[name] && type !== 'string') errors.push(invalid(child(at(child(field, 'properties'), name), 'type'), type ?? '', 'must be string'));
  }
  const metadata = properties['metadata'];
  if (!metadata) return errors;
  const here = at(child(field, 'properties'), 'metadata');
  if (metadata.type !== 'object') errors.push(invalid(child(here, 'type'), metadata.type ?? '', 'must be object'));
  if (level === 'root' && !namesOnly(metadata))
    errors.push(forbiddenField(here, 'must not specify anything other than name and generateName, but metadata is implicitly specified'));
  return errors;
}

function namesOnly({ type: _type, default: _default, description: _description, title: _title, properties = {}, ...others }: JSONSchemaProps): boolean {
  return Object.keys(properties).every((name) => name === 'name' || name === 'generateName') && sameValue(others, {});
}
