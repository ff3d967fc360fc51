/**
 * Rules of validating admission policies.
 *
 * Source: kubernetes `pkg/apis/admissionregistration/validation/validation.go`.
 */
import type { Environment } from '#machinery/cel/environment.ts';
import { BOOL, NULL, STRING } from '#machinery/cel/types.ts';
import { at, child, duplicate, type FieldError, invalid, required } from '#machinery/field-error.ts';
import { optionalOneOf, qualifiedName } from '../../rules.ts';
import { admissionExpressionFindings } from '../policy-expressions.ts';
import { policyEnvironment, policyFindings } from '../policy-validation.ts';
import type { AuditAnnotation, ValidatingAdmissionPolicy, Validation } from './schema.ts';

const MAX_AUDIT_ANNOTATIONS = 20;
const MAX_AUDIT_EXPRESSION_BYTES = 5 * 1024;
const REASONS: readonly string[] = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];
const NOTHING_TO_DO = 'validations or auditAnnotations must contain at least one item';

/** Rules of a policy. */
export function validatePolicy({ metadata, spec }: ValidatingAdmissionPolicy): FieldError[] {
  const { validations = [], auditAnnotations = [] } = spec;
  const errors = policyFindings(spec);
  const environments = { expression: policyEnvironment(spec), message: policyEnvironment(spec, { authorizer: false }) };
  if (!validations.length && !auditAnnotations.length)
    errors.push(required('spec.validations', NOTHING_TO_DO), required('spec.auditAnnotations', NOTHING_TO_DO));
  for (const [index, validation] of validations.entries()) errors.push(...validationFindings(at('spec.validations', index), validation, environments));
  if (auditAnnotations.length > MAX_AUDIT_ANNOTATIONS) {
    errors.push(invalid('spec.auditAnnotations', auditAnnotations, `must not have more than ${MAX_AUDIT_ANNOTATIONS} auditAnnotations`));
  }
  const seen = new Set<string>();
  for (const [index, annotation] of auditAnnotations.entries()) {
    const here = at('spec.auditAnnotations', index);
    errors.push(...annotationFindings(here, annotation, { policyName: metadata.name ?? '', environment: environments.expression }));
    if (seen.has(annotation.key)) errors.push(duplicate(child(here, 'key'), annotation.key));
    seen.add(annotation.key);
  }
  return errors;
}

interface Environments {
  readonly expression: Environment;
  readonly message: Environment;
}

function validationFindings(field: string, { expression, message = '', messageExpression = '', reason }: Validation, environments: Environments): FieldError[] {
  const errors: FieldError[] = [];
  if (!expression.trim()) errors.push(required(child(field, 'expression'), 'expression is not specified'));
  else errors.push(...admissionExpressionFindings(child(field, 'expression'), expression, environments.expression, [BOOL]));
  if (messageExpression && !messageExpression.trim())
    errors.push(invalid(child(field, 'messageExpression'), messageExpression, 'must be non-empty if specified'));
  else if (messageExpression) errors.push(...admissionExpressionFindings(child(field, 'messageExpression'), messageExpression, environments.message, [STRING]));
  if (message && !message.trim()) errors.push(invalid(child(field, 'message'), message, 'message must be non-empty if specified'));
  else if (/[\n\r]/.test(message.trim())) errors.push(invalid(child(field, 'message'), message, 'message must not contain line breaks'));
  return [...errors, ...optionalOneOf(child(field, 'reason'), reason, REASONS)];
}

interface AnnotationContext {
  readonly policyName: string;
  readonly environment: Environment;
}

function annotationFindings(field: string, { key, valueExpression }: AuditAnnotation, { policyName, environment }: AnnotationContext): FieldError[] {
  const keyField = child(field, 'key');
  const errors = policyName ? qualifiedName(keyField, `${policyName}/${key}`) : [invalid(keyField, key, 'requires metadata.name be non-empty')];
  const expression = valueExpression.trim();
  if (!expression) errors.push(required(child(field, 'valueExpression'), 'valueExpression is not specified'));
  else if (Buffer.byteLength(expression) > MAX_AUDIT_EXPRESSION_BYTES) {
    errors.push(required(child(field, 'valueExpression'), `must not exceed ${MAX_AUDIT_EXPRESSION_BYTES} bytes in length`));
  } else errors.push(...admissionExpressionFindings(child(field, 'valueExpression'), expression, environment, [STRING, NULL]));
  return errors;
}

/** Rules of a policy's status. */
export function validatePolicyStatus({ status }: ValidatingAdmissionPolicy): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, { fieldRef, warning }] of (status.typeChecking?.expressionWarnings ?? []).entries()) {
    const here = at('status.typeChecking.expressionWarnings', index);
    if (!warning) errors.push(required(child(here, 'warning')));
    if (!fieldRef.trim()) errors.push(required(child(here, 'fieldRef')));
  }
  return errors;
}
