/**
 * What may stand in `allOf`, `anyOf`, `oneOf` and `not` of a structural schema: they narrow values, and describe nothing that is not
 * described outside of them.
 *
 * Source: apiextensions-apiserver `pkg/apiserver/schema` validateNestedValueValidation, validateValueValidationCompleteness.
 */
import { at, child, type FieldError, forbiddenField, required } from '#machinery/field-error.ts';
import { sameValue } from '../../semantic-equal.ts';
import type { JSONSchemaProps } from './json-schema.ts';
import { itemSchema } from './schema-parts.ts';

const INT_OR_STRING = [{ type: 'integer' }, { type: 'string' }];

/** Members that only the outer schema may have, and what they must be here. */
const OUTER: Readonly<Record<string, string>> = {
  type: 'must be empty to be structural',
  additionalProperties: 'must be undefined to be structural',
  default: 'must be undefined to be structural',
  title: 'must be empty to be structural',
  description: 'must be empty to be structural',
  nullable: 'must be false to be structural',
  'x-kubernetes-preserve-unknown-fields': 'must be false to be structural',
  'x-kubernetes-embedded-resource': 'must be false to be structural',
  'x-kubernetes-int-or-string': 'must be false to be structural',
  'x-kubernetes-list-map-keys': 'must be empty to be structural',
  'x-kubernetes-list-type': 'must be undefined to be structural',
  'x-kubernetes-map-type': 'must be undefined to be structural',
  'x-kubernetes-validations': 'must be empty to be structural',
};

/** Rules of what narrows the values of one schema. */
export function valueValidationFindings(field: string, schema: JSONSchemaProps): FieldError[] {
  const either = schema['x-kubernetes-int-or-string'] === true;
  const skipAnyOf = either && sameValue(schema.anyOf, INT_OR_STRING);
  const skipFirst = either && !skipAnyOf && sameValue(schema.allOf?.[0]?.anyOf, INT_OR_STRING);
  return branchesOf(schema)
    .filter(({ path }) => !(skipAnyOf && path.startsWith('anyOf')))
    .flatMap(({ path, branch }) => [
      ...nestedFindings(child(field, path), branch, skipFirst && path === 'allOf[0]'),
      ...completenessFindings({ field, schema }, { field: child(field, path), schema: branch }),
    ]);
}

/** A branch and its path below the schema. */
interface Branch {
  readonly path: string;
  readonly branch: JSONSchemaProps;
}

function branchesOf(schema: JSONSchemaProps): Branch[] {
  const listed = (['anyOf', 'allOf', 'oneOf'] as const).flatMap((name) => (schema[name] ?? []).map((branch, index) => ({ path: at(name, index), branch })));
  return schema.not ? [...listed, { path: 'not', branch: schema.not }] : listed;
}

function nestedFindings(field: string, branch: JSONSchemaProps, skipAnyOf = false): FieldError[] {
  const errors: FieldError[] = [];
  for (const { path, branch: inner } of branchesOf(branch)) {
    if (!(skipAnyOf && path.startsWith('anyOf'))) errors.push(...nestedFindings(child(field, path), inner));
  }
  const items = itemSchema(branch);
  if (items) errors.push(...nestedFindings(child(field, 'items'), items));
  for (const [name, property] of Object.entries(branch.properties ?? {})) errors.push(...nestedFindings(at(child(field, 'properties'), name), property));
  for (const [name, text] of Object.entries(OUTER)) {
    const value = (branch as Readonly<Record<string, unknown>>)[name];
    const given = Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false && value !== '';
    if (given || (name === 'additionalProperties' && value === false)) errors.push(forbiddenField(child(field, name), text));
  }
  if (branch.properties?.['metadata']) errors.push(forbiddenField(at(child(field, 'properties'), 'metadata'), 'must not be specified in a nested context'));
  return errors;
}

/** A schema and where it stands. */
interface Located {
  readonly field: string;
  readonly schema: JSONSchemaProps | undefined;
}

/** What a branch speaks of must be described by the schema it stands in. */
function completenessFindings(outer: Located, inner: { readonly field: string; readonly schema: JSONSchemaProps }): FieldError[] {
  const { schema } = outer;
  if (!schema) return [required(outer.field, `because it is defined in ${inner.field}`)];
  const errors = branchesOf(inner.schema).flatMap(({ path, branch }) => completenessFindings(outer, { field: child(inner.field, path), schema: branch }));
  const items = itemSchema(inner.schema);
  if (items) errors.push(...completenessFindings({ field: child(outer.field, 'items'), schema: itemSchema(schema) }, { field: child(inner.field, 'items'), schema: items }));
  for (const [name, property] of Object.entries(inner.schema.properties ?? {})) {
    const path = at('properties', name);
    errors.push(...completenessFindings({ field: child(outer.field, path), schema: schema.properties?.[name] }, { field: child(inner.field, path), schema: property }));
  }
  return errors;
}
