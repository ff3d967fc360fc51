/**
 * Rules of one version of a custom resource definition.
 *
 * Source: apiextensions-apiserver `pkg/apis/apiextensions/validation/validation.go`.
 */
import { at, child, type FieldError, forbiddenField, invalid, required, tooMany } from '#machinery/field-error.ts';
import { validateDns1035Label } from '#machinery/names.ts';
import { present, requiredOneOf } from '../../rules.ts';
import { sameValue } from '../../semantic-equal.ts';
import type { JSONSchemaProps } from './json-schema.ts';
import { schemaRuleFindings } from './rule-validation.ts';
import type { CustomResourceColumnDefinition, CustomResourceDefinitionVersion, CustomResourceSubresourceScale, SelectableField } from './schema.ts';
import { rootWithStatusFindings, schemaFindings } from './schema-validation.ts';
import { structuralFindings } from './structural-validation.ts';

const MAX_WARNING_LENGTH = 256;
const MAX_SELECTABLE_FIELDS = 8;
const COLUMN_TYPES: readonly string[] = ['integer', 'number', 'string', 'boolean', 'date'];
const COLUMN_FORMATS: readonly string[] = ['int32', 'int64', 'float', 'double', 'byte', 'date', 'date-time', 'password'];

/** Rules of a version. */
export function versionFindings(field: string, version: CustomResourceDefinitionVersion, stored?: CustomResourceDefinitionVersion): FieldError[] {
  const texts = validateDns1035Label(version.name);
  const errors: FieldError[] = texts.length ? [invalid(child(field, 'name'), version.name, texts.join(','))] : [];
  errors.push(...warningFindings(child(field, 'deprecationWarning'), version));
  const schema = version.schema?.openAPIV3Schema;
  const schemaField = child(field, 'schema', 'openAPIV3Schema');
  if (!schema) errors.push(required(schemaField, 'schemas are required'));
  // A schema that was accepted once stays accepted.
  else if (!sameValue(schema, stored?.schema?.openAPIV3Schema)) errors.push(...rootFindings(schemaField, schema, version.subresources?.status !== undefined));
  if (version.subresources?.scale) errors.push(...scaleFindings(child(field, 'subresources', 'scale'), version.subresources.scale));
  for (const [index, column] of (version.additionalPrinterColumns ?? []).entries()) {
    errors.push(...columnFindings(at(child(field, 'additionalPrinterColumns'), index), column));
  }
  return [...errors, ...selectableFindings(child(field, 'selectableFields'), version.selectableFields ?? [])];
}

function warningFindings(field: string, { deprecated, deprecationWarning: warning }: CustomResourceDefinitionVersion): FieldError[] {
  if (warning === undefined) return [];
  const errors: FieldError[] = deprecated ? [] : [invalid(field, warning, 'can only be set for deprecated versions')];
  if (!warning) return [...errors, invalid(field, warning, 'must not be an empty string')];
  if (warning.length > MAX_WARNING_LENGTH) errors.push(invalid(field, warning, `must be <= ${MAX_WARNING_LENGTH} characters long`));
  const bad = warning.search(/\p{C}/u);
  if (bad >= 0) errors.push(invalid(field, warning, `must only contain printable UTF-8 characters; non-printable character found at index ${bad}`));
  return errors;
}

/** The root of a schema describes an object, all of it has types. */
function rootFindings(field: string, schema: JSONSchemaProps, hasStatus: boolean): FieldError[] {
  return [
    ...(schema.nullable ? [forbiddenField(child(field, 'nullable'), 'nullable cannot be true at the root')] : []),
    ...(hasStatus ? rootWithStatusFindings(field, schema) : []),
    ...schemaFindings(field, schema),
    ...structuralFindings(field, schema),
    ...schemaRuleFindings(field, schema),
  ];
}

function scaleFindings(field: string, { specReplicasPath, statusReplicasPath, labelSelectorPath }: CustomResourceSubresourceScale): FieldError[] {
  return [
    ...pathFindings(child(field, 'specReplicasPath'), specReplicasPath, ['.spec']),
    ...pathFindings(child(field, 'statusReplicasPath'), statusReplicasPath, ['.status']),
    ...(labelSelectorPath ? pathFindings(child(field, 'labelSelectorPath'), labelSelectorPath, ['.spec', '.status']) : []),
  ];
}

function pathFindings(field: string, path: string, roots: readonly string[]): FieldError[] {
  if (!path) return [required(field)];
  if (!path.startsWith('.')) return [invalid(field, path, 'must be a simple json path starting with .')];
  const errors: FieldError[] = isSimplePath(path) ? [] : [invalid(field, path, 'must be a simple json path')];
  const under = `${roots.length > 1 ? 'either ' : ''}${roots.join(' or ')}`;
  if (!roots.some((root) => path.startsWith(`${root}.`))) errors.push(invalid(field, path, `should be a json path under ${under}`));
  return errors;
}

/** Dotted names without array notation. */
function isSimplePath(path: string): boolean {
  return /^(\.[A-Za-z_][A-Za-z0-9_-]*)+$/.test(path);
}

function columnFindings(field: string, { name, type, format = '', jsonPath }: CustomResourceColumnDefinition): FieldError[] {
  const errors = [
    ...present(child(field, 'name'), name),
    ...requiredOneOf(child(field, 'type'), type, COLUMN_TYPES, `must be one of ${COLUMN_TYPES.join(',')}`),
  ];
  if (format && !COLUMN_FORMATS.includes(format)) errors.push(invalid(child(field, 'format'), format, `must be one of ${COLUMN_FORMATS.join(',')}`));
  return [...errors, ...present(child(field, 'JSONPath'), jsonPath)];
}

function selectableFindings(field: string, fields: readonly SelectableField[]): FieldError[] {
  if (fields.length > MAX_SELECTABLE_FIELDS) return [tooMany(field, fields.length, MAX_SELECTABLE_FIELDS)];
  return fields.flatMap(({ jsonPath }, index) => {
    const here = child(at(field, index), 'jsonPath');
    if (!jsonPath) return [required(here)];
    return isSimplePath(jsonPath) ? [] : [invalid(here, jsonPath, 'must be a simple json path without array notation')];
  });
}
