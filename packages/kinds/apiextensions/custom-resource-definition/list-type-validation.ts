/**
 * Rules of the extensions that say what lists and maps are: atomic, sets, or keyed.
 *
 * Source: apiextensions-apiserver `pkg/apis/apiextensions/validation`.
 */
import { at, child, type FieldError, forbiddenField, invalid, notSupported, required } from '#machinery/field-error.ts';
import type { JSONSchemaProps } from './json-schema.ts';
import { itemSchema, itemSchemas } from './schema-parts.ts';

const LIST_TYPES: readonly string[] = ['atomic', 'set', 'map'];
const MAP_TYPES: readonly string[] = ['atomic', 'granular'];
const LIST_TYPE = 'x-kubernetes-list-type';
const MAP_TYPE = 'x-kubernetes-map-type';
const MAP_KEYS = 'x-kubernetes-list-map-keys';

/** The type that an extension needs. */
function needsType(field: string, { type }: JSONSchemaProps, wanted: string, extension: string): FieldError[] {
  if (type === wanted) return [];
  const text = `must be ${wanted} if ${extension} is specified`;
  return [type ? invalid(child(field, 'type'), type, text) : required(child(field, 'type'), text)];
}

/** What an object is owned as. */
export function mapTypeRules(field: string, schema: JSONSchemaProps): FieldError[] {
  const type = schema[MAP_TYPE];
  if (type === undefined) return [];
  const errors = needsType(field, schema, 'object', MAP_TYPE);
  return MAP_TYPES.includes(type) ? errors : [...errors, notSupported(child(field, MAP_TYPE), type, MAP_TYPES)];
}

/** What a list is owned as, and by which keys. */
export function listRules(field: string, schema: JSONSchemaProps): FieldError[] {
  const type = schema[LIST_TYPE];
  const keys = schema[MAP_KEYS] ?? [];
  const items = itemSchema(schema);
  const errors = type === undefined ? [] : needsType(field, schema, 'array', LIST_TYPE);
  if (type === 'set' && items && !errors.length) errors.push(...setItemRules(child(field, 'items'), items));
  if (type !== undefined && !LIST_TYPES.includes(type)) errors.push(notSupported(child(field, LIST_TYPE), type, LIST_TYPES));
  if (keys.length && type !== 'map') {
    const text = 'must be map if x-kubernetes-list-map-keys is non-empty';
    errors.push(type === undefined ? required(child(field, LIST_TYPE), text) : invalid(child(field, LIST_TYPE), type, text));
  }
  if (type === 'map') errors.push(...keyedRules(field, schema, keys));
  if ((type === 'set' || type === 'map') && items?.nullable)
    errors.push(forbiddenField(child(field, 'items', 'nullable'), `cannot be nullable when x-kubernetes-list-type is ${type}`));
  return errors;
}

/** Items of a set are compared as a whole. */
function setItemRules(field: string, items: JSONSchemaProps): FieldError[] {
  const text = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  const [list, map] = [items[LIST_TYPE], items[MAP_TYPE]];
  if (items.type === 'array' && list !== undefined && list !== 'atomic') return [invalid(child(field, LIST_TYPE), list, text)];
  if (items.type === 'object' && map !== 'atomic') return [invalid(child(field, MAP_TYPE), map, text)];
  return [];
}

function keyedRules(field: string, schema: JSONSchemaProps, keys: readonly string[]): FieldError[] {
  const items = itemSchema(schema);
  const inItems = child(field, 'items');
  const inKeys = child(field, MAP_KEYS);
  const errors = keys.length ? [] : [required(inKeys, 'must not be empty if x-kubernetes-list-type is map')];
  if (schema.items === undefined) errors.push(required(inItems, 'must have a schema if x-kubernetes-list-type is map'));
  if (itemSchemas(schema).length) errors.push(invalid(inItems, schema.items, 'must only have a single schema if x-kubernetes-list-type is map'));
  if (!items) return errors;
  if (items.type !== 'object') return [...errors, invalid(child(inItems, 'type'), items.type, "must be object if parent array's x-kubernetes-list-type is map")];
  for (const [index, key] of keys.entries()) {
    const property = items.properties?.[key];
    const here = at(child(inItems, 'properties'), key);
    if (!property) errors.push(invalid(inKeys, keys, 'entries must all be names of item properties'));
    else errors.push(...keyRules(here, property, items.required?.includes(key) ?? false, items.type));
    if (keys.indexOf(key) < index) errors.push(invalid(inKeys, keys, 'must not contain duplicate entries'));
  }
  return errors;
}

/** A key is a scalar that every item has. */
function keyRules(field: string, property: JSONSchemaProps, isRequired: boolean, itemType: string): FieldError[] {
  const errors: FieldError[] = [];
  if (property.type === 'array' || property.type === 'object')
    errors.push(invalid(child(field, 'type'), itemType, "must be a scalar type if parent array's x-kubernetes-list-type is map"));
  if (!isRequired && property.default === undefined)
    errors.push(required(child(field, 'default'), 'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property'));
  if (property.nullable) errors.push(forbiddenField(child(field, 'nullable'), 'this property is in x-kubernetes-list-map-keys, so it cannot be nullable'));
  return errors;
}
