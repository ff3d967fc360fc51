/**
 * Rules about what webhooks and policies match.
 *
 * Source: kubernetes `pkg/apis/admissionregistration/validation/validation.go`.
 */
import type { Environment } from '#machinery/cel/environment.ts';
import { BOOL } from '#machinery/cel/types.ts';
import { at, child, duplicate, type FieldError, invalid, notSupported, required, tooMany } from '#machinery/field-error.ts';
import { validatePathSegmentName } from '#machinery/names.ts';
import { validateLabelSelector } from '#machinery/selectors.ts';
import { invalidEach, optionalOneOf, qualifiedName, requiredOneOf } from '../rules.ts';
import { admissionExpressionFindings } from './policy-expressions.ts';
import type { MatchCondition, MatchResources, NamedRuleWithOperations, RuleWithOperations } from './rules.ts';

const OPERATIONS: readonly string[] = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const SCOPES: readonly string[] = ['*', 'Cluster', 'Namespaced'];
const MAX_MATCH_CONDITIONS = 64;

/** Reactions to a webhook or policy that cannot be evaluated. */
export const FAILURE_POLICIES: readonly string[] = ['Fail', 'Ignore'];

/** Ways to compare a request with rules. */
export const MATCH_POLICIES: readonly string[] = ['Equivalent', 'Exact'];

/** A list in which `*` stands alone. */
function wildcardAlone(field: string, values: readonly string[] | undefined, others: string): FieldError[] {
  if (!values?.length) return [required(field)];
  return values.length > 1 && values.includes('*') ? [invalid(field, values, `if '*' is present, must not specify other ${others}`)] : [];
}

/** Rules of one rule with its operations. */
export function ruleFindings(field: string, rule: RuleWithOperations): FieldError[] {
  const operations = child(field, 'operations');
  const versions = child(field, 'apiVersions');
  const errors = wildcardAlone(operations, rule.operations, 'operations');
  for (const [index, operation] of (rule.operations ?? []).entries()) {
    if (!OPERATIONS.includes(operation)) errors.push(notSupported(at(operations, index), operation, OPERATIONS));
  }
  errors.push(
    ...wildcardAlone(child(field, 'apiGroups'), rule.apiGroups, 'API groups'),
    ...wildcardAlone(versions, rule.apiVersions, 'API versions'),
  );
  for (const [index, version] of (rule.apiVersions ?? []).entries()) if (!version) errors.push(required(at(versions, index)));
  return [
    ...errors,
    ...resourceFindings(child(field, 'resources'), rule.resources ?? []),
    ...optionalOneOf(child(field, 'scope'), rule.scope, SCOPES),
  ];
}

function resourceFindings(field: string, resources: readonly string[]): FieldError[] {
  const errors: FieldError[] = resources.length ? [] : [required(field)];
  const allOfResource = new Set<string>();
  const ofAllResources = new Set<string>();
  let lastIsPlain = false;
  for (const [index, name] of resources.entries()) {
    const here = at(field, index);
    if (!name) {
      errors.push(required(here));
      continue;
    }
    const slash = name.indexOf('/');
    if (slash < 0) {
      lastIsPlain = name !== '*';
      continue;
    }
    const resource = name.slice(0, slash);
    const subresource = name.slice(slash + 1);
    if (allOfResource.has(resource)) errors.push(invalid(here, name, `if '${resource}/*' is present, must not specify ${name}`));
    if (ofAllResources.has(subresource)) errors.push(invalid(here, name, `if '*/${subresource}' is present, must not specify ${name}`));
    if (subresource === '*') allOfResource.add(resource);
    if (resource === '*') ofAllResources.add(subresource);
  }
  if (resources.length > 1 && resources.includes('*/*'))
    errors.push(invalid(field, resources, "if '*/*' is present, must not specify other resources"));
  if (lastIsPlain && resources.includes('*'))
    errors.push(invalid(field, resources, "if '*' is present, must not specify other resources without subresources"));
  return errors;
}

function namedRuleFindings(field: string, rule: NamedRuleWithOperations): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, name] of (rule.resourceNames ?? []).entries()) {
    const here = at(child(field, 'resourceNames'), index);
    errors.push(...invalidEach(here, name, validatePathSegmentName(name)));
    if (seen.has(name)) errors.push(duplicate(here, name));
    seen.add(name);
  }
  return [...errors, ...ruleFindings(field, rule)];
}

/** Rules of what a policy or a binding matches. */
export function matchResourcesFindings(field: string, match: MatchResources | undefined): FieldError[] {
  if (!match) return [];
  const errors = requiredOneOf(child(field, 'matchPolicy'), match.matchPolicy, MATCH_POLICIES);
  for (const name of ['namespaceSelector', 'objectSelector'] as const) {
    const here = child(field, name);
    errors.push(...(match[name] ? validateLabelSelector(match[name], here) : [required(here)]));
  }
  for (const name of ['resourceRules', 'excludeResourceRules'] as const) {
    for (const [index, rule] of (match[name] ?? []).entries()) errors.push(...namedRuleFindings(at(child(field, name), index), rule));
  }
  return errors;
}

/** Rules of conditions on requests; `environment` is what they may refer to. */
export function matchConditionFindings(field: string, conditions: readonly MatchCondition[] | undefined, environment: Environment): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  if (conditions && conditions.length > MAX_MATCH_CONDITIONS) errors.push(tooMany(field, conditions.length, MAX_MATCH_CONDITIONS));
  for (const [index, { name, expression }] of (conditions ?? []).entries()) {
    const here = at(field, index);
    if (!expression.trim()) errors.push(required(child(here, 'expression')));
    else errors.push(...admissionExpressionFindings(child(here, 'expression'), expression.trim(), environment, [BOOL]));
    errors.push(...(name ? qualifiedName(child(here, 'name'), name) : [required(child(here, 'name'))]));
    if (name && seen.has(name)) errors.push(duplicate(child(here, 'name'), name));
    seen.add(name);
  }
  return errors;
}
