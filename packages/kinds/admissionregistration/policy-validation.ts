/**
 * Rules that admission policies and their bindings share.
 *
 * Source: kubernetes `pkg/apis/admissionregistration/validation/validation.go`.
 */
import type { Environment } from '#machinery/cel/environment.ts';
import { at, child, type FieldError, forbiddenField, invalid, notSupported, required } from '#machinery/field-error.ts';
import { nameIsDnsSubdomain, validateDns1035Label, validateDns1123Subdomain, validatePathSegmentName } from '#machinery/names.ts';
import { validateLabelSelector } from '#machinery/selectors.ts';
import { invalidEach, requiredOneOf } from '../rules.ts';
import { admissionEnvironment, admissionExpressionFindings, variableTypes } from './policy-expressions.ts';
import { FAILURE_POLICIES, matchConditionFindings, matchResourcesFindings } from './rule-validation.ts';
import type { MatchCondition, MatchResources, ParamKind, ParamRef, Variable } from './rules.ts';

/** What the specs of both policy kinds have. */
export interface PolicySpec {
  readonly failurePolicy?: string;
  readonly paramKind?: ParamKind;
  readonly matchConstraints?: MatchResources;
  readonly matchConditions?: readonly MatchCondition[];
  readonly variables?: readonly Variable[];
}

/** Rules of what both policy kinds have. `operations`: the only ones that may be matched, when not all may. */
export function policyFindings(spec: PolicySpec, operations?: readonly string[]): FieldError[] {
  const errors = requiredOneOf('spec.failurePolicy', spec.failurePolicy, FAILURE_POLICIES);
  if (spec.paramKind) errors.push(...paramKindFindings('spec.paramKind', spec.paramKind));
  const field = 'spec.matchConstraints';
  const match = spec.matchConstraints;
  if (!match) errors.push(required(field));
  else {
    errors.push(...matchResourcesFindings(field, match));
    if (!match.resourceRules?.length) errors.push(required(child(field, 'resourceRules')));
    if (operations) errors.push(...operationFindings(child(field, 'resourceRules', 'operations'), match, operations));
  }
  const available = { params: spec.paramKind !== undefined, authorizer: true, patches: operations !== undefined };
  errors.push(...matchConditionFindings('spec.matchConditions', spec.matchConditions, admissionEnvironment(available)));
  const variables = spec.variables ?? [];
  for (const [index, variable] of variables.entries()) {
    const environment = admissionEnvironment({ ...available, variables: variableTypes(variables.slice(0, index), available) });
    errors.push(...variableFindings(at('spec.variables', index), variable, environment));
  }
  return errors;
}

/** Only `operations` are matched. */
export function operationFindings(field: string, match: MatchResources, operations: readonly string[]): FieldError[] {
  const all = (match.resourceRules ?? []).flatMap((rule) => rule.operations ?? []);
  return all.filter((one) => !operations.includes(one)).map((one) => notSupported(field, one, operations));
}

function paramKindFindings(field: string, { apiVersion, kind }: ParamKind): FieldError[] {
  const errors = apiVersion ? apiVersionFindings(child(field, 'apiVersion'), apiVersion) : [required(child(field, 'apiVersion'))];
  if (!kind) return [...errors, required(child(field, 'kind'))];
  const texts = validateDns1035Label(kind.toLowerCase());
  if (texts.length) errors.push(invalid(child(field, 'kind'), kind, `may have mixed case, but should otherwise match: ${texts.join(',')}`));
  return errors;
}

function apiVersionFindings(field: string, apiVersion: string): FieldError[] {
  const parts = apiVersion.split('/');
  if (parts.length > 2) return [invalid(field, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)];
  const group = parts.length === 2 ? parts[0]! : '';
  const version = parts.at(-1)!;
  const errors: FieldError[] = [];
  const groupTexts = group ? validateDns1123Subdomain(group) : [];
  if (groupTexts.length) errors.push(invalid(field, group, groupTexts.join(',')));
  if (!version) return [...errors, invalid(field, apiVersion, 'version must be specified')];
  const versionTexts = validateDns1035Label(version);
  if (versionTexts.length) errors.push(invalid(field, version, versionTexts.join(',')));
  return errors;
}

const RESERVED: ReadonlySet<string> = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(' '),
);

function variableFindings(field: string, { name, expression }: Variable, environment: Environment): FieldError[] {
  const errors: FieldError[] = [];
  if (!name.trim()) errors.push(required(child(field, 'name'), 'name is not specified'));
  else if (!/^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) || RESERVED.has(name))
    errors.push(invalid(child(field, 'name'), name, 'name is not a valid CEL identifier'));
  const here = child(field, 'expression');
  return [...errors, ...(expression.trim() ? admissionExpressionFindings(here, expression, environment, []) : [required(here, 'expression is not specified')])];
}

/** What the expressions of a policy may refer to, its variables included. */
export function policyEnvironment(spec: PolicySpec, { authorizer = true, patches = false } = {}): Environment {
  const available = { params: spec.paramKind !== undefined, authorizer: true, patches };
  return admissionEnvironment({ ...available, authorizer, variables: variableTypes(spec.variables ?? [], available) });
}

/** What the specs of both binding kinds have. */
export interface BindingSpec {
  readonly policyName?: string;
  readonly paramRef?: ParamRef;
  readonly matchResources?: MatchResources;
}

/** Rules of what both binding kinds have. */
export function bindingFindings({ policyName, paramRef, matchResources }: BindingSpec): FieldError[] {
  const field = 'spec.policyName';
  const errors = policyName ? invalidEach(field, policyName, nameIsDnsSubdomain(policyName, false)) : [required(field)];
  return [...errors, ...paramRefFindings('spec.paramRef', paramRef), ...matchResourcesFindings('spec.matchResources', matchResources)];
}

function paramRefFindings(field: string, ref: ParamRef | undefined): FieldError[] {
  if (!ref) return [];
  const { name, selector, parameterNotFoundAction: action } = ref;
  const errors: FieldError[] = name ? invalidEach(child(field, 'name'), name, validatePathSegmentName(name)) : [];
  if (name && selector) errors.push(forbiddenField(child(field, 'name'), 'name and selector are mutually exclusive'));
  errors.push(...validateLabelSelector(selector, child(field, 'selector')));
  if (name && selector) errors.push(forbiddenField(child(field, 'selector'), 'name and selector are mutually exclusive'));
  if (!name && !selector) errors.push(required(field, 'one of name or selector must be specified'));
  return [...errors, ...requiredOneOf(child(field, 'parameterNotFoundAction'), action, ['Deny', 'Allow'])];
}
