import type { Infer, Message } from '#machinery/schema.ts';
import {
  bool,
  double,
  int64,
  json,
  jsonSchemaPropsOrArray,
  jsonSchemaPropsOrBool,
  jsonSchemaPropsOrStringArray,
  lazy,
  list,
  map,
  message,
  oneOf,
  optional,
  pointer,
  required,
  string,
} from '#machinery/schema.ts';

export const externalDocumentation = message('apiextensions/v1.ExternalDocumentation', {
  description: optional(1, string),
  url: optional(2, string),
});
export interface ExternalDocumentation extends Infer<typeof externalDocumentation> {}

export const fieldValueErrorReason = oneOf('FieldValueRequired', 'FieldValueDuplicate', 'FieldValueInvalid', 'FieldValueForbidden');

export const validationRule = message('apiextensions/v1.ValidationRule', {
  rule: required(1, string),
  message: optional(2, string),
  messageExpression: optional(3, string),
  reason: pointer(4, fieldValueErrorReason),
  fieldPath: optional(5, string),
  optionalOldSelf: pointer(6, bool, { gates: ['CRDValidationRatcheting'] }),
});
export interface ValidationRule extends Infer<typeof validationRule> {}

export const jsonSchemaProps = message('apiextensions/v1.JSONSchemaProps', {
  id: optional(1, string),
  $schema: optional(2, string, { protoName: 'schema' }),
  $ref: pointer(3, string, { protoName: 'ref' }),
  description: optional(4, string),
  type: optional(5, string),
  format: optional(6, string),
  title: optional(7, string),
  default: pointer(8, json),
  maximum: pointer(9, double),
  exclusiveMaximum: optional(10, bool),
  minimum: pointer(11, double),
  exclusiveMinimum: optional(12, bool),
  maxLength: pointer(13, int64),
  minLength: pointer(14, int64),
  pattern: optional(15, string),
  maxItems: pointer(16, int64),
  minItems: pointer(17, int64),
  uniqueItems: optional(18, bool),
  multipleOf: pointer(19, double),
  enum: optional(20, list(json)),
  maxProperties: pointer(21, int64),
  minProperties: pointer(22, int64),
  required: optional(23, list(string)),
  items: pointer(24, jsonSchemaPropsOrArray),
  allOf: optional(25, list(lazy<JSONSchemaProps>((): Message => jsonSchemaProps))),
  oneOf: optional(26, list(lazy<JSONSchemaProps>((): Message => jsonSchemaProps))),
  anyOf: optional(27, list(lazy<JSONSchemaProps>((): Message => jsonSchemaProps))),
  not: pointer(
    28,
    lazy<JSONSchemaProps>((): Message => jsonSchemaProps),
  ),
  properties: optional(29, map(lazy<JSONSchemaProps>((): Message => jsonSchemaProps))),
  additionalProperties: pointer(30, jsonSchemaPropsOrBool),
  patternProperties: optional(31, map(lazy<JSONSchemaProps>((): Message => jsonSchemaProps))),
  dependencies: optional(32, map(jsonSchemaPropsOrStringArray)),
  additionalItems: pointer(33, jsonSchemaPropsOrBool),
  definitions: optional(34, map(lazy<JSONSchemaProps>((): Message => jsonSchemaProps))),
  externalDocs: pointer(35, externalDocumentation),
  example: pointer(36, json),
  nullable: optional(37, bool),
  'x-kubernetes-preserve-unknown-fields': pointer(38, bool, { protoName: 'xKubernetesPreserveUnknownFields' }),
  'x-kubernetes-embedded-resource': optional(39, bool, { protoName: 'xKubernetesEmbeddedResource' }),
  'x-kubernetes-int-or-string': optional(40, bool, { protoName: 'xKubernetesIntOrString' }),
  'x-kubernetes-list-map-keys': optional(41, list(string), { protoName: 'xKubernetesListMapKeys' }),
  'x-kubernetes-list-type': pointer(42, string, { protoName: 'xKubernetesListType' }),
  'x-kubernetes-map-type': pointer(43, string, { protoName: 'xKubernetesMapType' }),
  'x-kubernetes-validations': optional(44, list(validationRule), {
    listType: 'map',
    keys: ['rule'],
    patch: 'merge',
    mergeKey: 'rule',
    protoName: 'xKubernetesValidations',
  }),
});
export interface JSONSchemaProps extends Infer<typeof jsonSchemaProps> {}
