/**
 * Rules of the validation rules (`x-kubernetes-validations`) in a schema: they must compile against the part they stand at.
 *
 * Source: apiextensions-apiserver `pkg/apis/apiextensions/validation/validation.go` and `pkg/apiserver/schema/cel`.
 */
import { type Environment, withVariables } from '#machinery/cel/environment.ts';
import { schemaIn, schemaType } from '#machinery/cel/json-schema-types.ts';
import { KUBERNETES } from '#machinery/cel/kubernetes.ts';
import { BOOL, type CelType, optionalOf, STRING } from '#machinery/cel/types.ts';
import { readsVariable } from '#machinery/cel/walk.ts';
import { at, child, type FieldError, fieldInternal, invalid, required } from '#machinery/field-error.ts';
import { type CompiledExpression, compileExpression } from '../../expressions.ts';
import { optionalOneOf } from '../../rules.ts';
import type { JSONSchemaProps, ValidationRule } from './json-schema.ts';

const RULES = 'x-kubernetes-validations';
const REASONS: readonly string[] = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];

/** Where a schema stands. */
interface Place {
  readonly field: string;
  readonly isRoot: boolean;
  /** The list above it whose elements have no identity, so that there is no old value to compare with. */
  readonly uncorrelated?: string;
}

/** What is wrong with the rules of a schema and of all within it. */
export function schemaRuleFindings(field: string, schema: JSONSchemaProps): FieldError[] {
  return findingsAt(schema, { field, isRoot: true });
}

function findingsAt(schema: JSONSchemaProps, place: Place): FieldError[] {
  const { field, uncorrelated } = place;
  const within = (part: unknown, name: string, list?: string): FieldError[] => {
    const inner = schemaIn(part) as JSONSchemaProps | undefined;
    const above = uncorrelated ?? list;
    return inner ? findingsAt(inner, { field: name, isRoot: false, ...(above === undefined ? {} : { uncorrelated: above }) }) : [];
  };
  const errors = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => within(property, at(child(field, 'properties'), name)));
  const items = child(field, 'items');
  errors.push(...within(schema.additionalProperties, child(field, 'additionalProperties')));
  errors.push(...within(schema.items, items, schema['x-kubernetes-list-type'] === 'map' ? undefined : items));
  return [...errors, ...ownFindings(schema, place)];
}

function ownFindings(schema: JSONSchemaProps, { field, isRoot, uncorrelated }: Place): FieldError[] {
  const rules = schema[RULES] ?? [];
  if (rules.length === 0) return [];
  const here = child(field, RULES);
  const errors = rules.flatMap((rule, index) => textFindings(at(here, index), rule));
  if (errors.length > 0) return errors;
  const self = schemaType(schema, 'selfType', isRoot);
  if (!self) return [fieldInternal(here, 'internal error: failed to retrieve type information for x-kubernetes-validations')];
  return rules.flatMap((rule, index) => compileFindings(at(here, index), rule, { self, uncorrelated }));
}

function textFindings(field: string, { rule, message = '', messageExpression = '', reason, fieldPath = '' }: ValidationRule): FieldError[] {
  const errors: FieldError[] = [];
  const here = child(field, 'message');
  if (!rule.trim()) errors.push(required(child(field, 'rule'), 'rule is not specified'));
  else if (message && !message.trim()) errors.push(invalid(here, message, 'message must be non-empty if specified'));
  else if (/[\n\r]/.test(message.trim())) errors.push(invalid(here, message, 'message must not contain line breaks'));
  else if (/[\n\r]/.test(rule.trim()) && !message.trim()) errors.push(required(here, 'message must be specified if rule contains line breaks'));
  if (messageExpression && !messageExpression.trim()) errors.push(required(child(field, 'messageExpression'), 'messageExpression must be non-empty if specified'));
  if (fieldPath && !fieldPath.trim()) errors.push(invalid(child(field, 'fieldPath'), fieldPath, 'fieldPath must be non-empty if specified'));
  else if (/[\n\r]/.test(fieldPath.trim())) errors.push(invalid(child(field, 'fieldPath'), fieldPath, 'fieldPath must not contain line breaks'));
  return [...errors, ...optionalOneOf(child(field, 'reason'), reason, REASONS)];
}

interface RuleContext {
  readonly self: CelType;
  readonly uncorrelated: string | undefined;
}

function compileFindings(field: string, rule: ValidationRule, { self, uncorrelated }: RuleContext): FieldError[] {
  const environment: Environment = withVariables(KUBERNETES, { self, oldSelf: rule.optionalOldSelf ? optionalOf(self) : self });
  const compiled = compileExpression(rule.rule, environment, [BOOL], () => 'cel expression must evaluate to a bool');
  const errors = refusal(child(field, 'rule'), rule.rule, compiled);
  if (rule.messageExpression) {
    const message = compileExpression(rule.messageExpression, environment, [STRING], () => 'messageExpression must evaluate to a string');
    errors.push(...refusal(child(field, 'messageExpression'), rule.messageExpression, message, 'messageExpression '));
  }
  if ('error' in compiled) return errors;
  const comparesOld = readsVariable(compiled.program.tree, 'oldSelf');
  if (comparesOld && uncorrelated !== undefined)
    errors.push(invalid(child(field, 'rule'), rule.rule, `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelated}`));
  if (!comparesOld && rule.optionalOldSelf !== undefined)
    errors.push(invalid(child(field, 'optionalOldSelf'), rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule'));
  return errors;
}

function refusal(field: string, expression: string, compiled: CompiledExpression, prefix = ''): FieldError[] {
  if (!('error' in compiled)) return [];
  return [invalid(field, expression, compiled.error.startsWith('compilation failed') ? prefix + compiled.error : compiled.error)];
}
