/**
 * The life of a flow schema.
 *
 * Source: kubernetes `pkg/apis/flowcontrol/validation`, `pkg/registry/flowcontrol/flowschema`.
 */
import { at, child, type FieldError, forbiddenField, invalid, notSupported, required } from '#machinery/field-error.ts';
import type { Column, Strategy } from '#machinery/kind.ts';
import { nameIsDnsLabel, nameIsDnsSubdomain } from '#machinery/names.ts';
import { ageColumn, nameColumn, NONE } from '../../cells.ts';
import { dnsSubdomain, invalidEach } from '../../rules.ts';
import { specStrategy } from '../../strategy.ts';
import { fixedFlowSchema } from '../mandatory.ts';
import { conditionRules } from '../strategy.ts';
import type { FlowSchema, NonResourcePolicyRule, PolicyRulesWithSubjects, ResourcePolicyRule, Subject } from './schema.ts';

const MAX_PRECEDENCE = 10_000;
const VERBS: readonly string[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch'];

/** Rules of a flow schema's life. */
export const flowSchemaStrategy: Strategy<FlowSchema> = {
  ...specStrategy<FlowSchema>({}),
  unconditionalUpdate: true,
  validate,
  validateUpdate: (schema) => validate(schema),
};

function validate(schema: FlowSchema): FieldError[] {
  const { matchingPrecedence: precedence, distinguisherMethod, priorityLevelConfiguration, rules = [] } = schema.spec;
  const field = 'spec.matchingPrecedence';
  const errors: FieldError[] = [];
  if (precedence <= 0) errors.push(invalid(field, precedence, 'must be a positive value'));
  if (precedence > MAX_PRECEDENCE) errors.push(invalid(field, precedence, `must not be greater than ${MAX_PRECEDENCE}`));
  if (precedence === 1 && schema.metadata.name !== 'exempt')
    errors.push(invalid(field, precedence, "only the schema named 'exempt' may have matchingPrecedence 1"));
  if (distinguisherMethod && distinguisherMethod.type !== 'ByUser' && distinguisherMethod.type !== 'ByNamespace') {
    errors.push(notSupported('spec.distinguisherMethod.type', distinguisherMethod, ['ByNamespace', 'ByUser']));
  }
  const level = priorityLevelConfiguration?.name;
  errors.push(
    ...(level
      ? dnsSubdomain('spec.priorityLevelConfiguration.name', level)
      : [required('spec.priorityLevelConfiguration.name', 'must reference a priority level')]),
  );
  for (const [index, rule] of rules.entries()) errors.push(...ruleRules(at('spec.rules', index), rule));
  return [...errors, ...conditionRules(schema), ...fixedFlowSchema(schema.metadata.name, schema.spec)];
}

function ruleRules(field: string, { subjects, resourceRules = [], nonResourceRules = [] }: PolicyRulesWithSubjects): FieldError[] {
  const errors: FieldError[] = [];
  if (!subjects?.length) errors.push(required(child(field, 'subjects'), 'subjects must contain at least one value'));
  for (const [index, subject] of (subjects ?? []).entries()) errors.push(...subjectRules(at(child(field, 'subjects'), index), subject));
  if (!resourceRules.length && !nonResourceRules.length)
    errors.push(required(field, 'at least one of resourceRules and nonResourceRules has to be non-empty'));
  for (const [index, rule] of resourceRules.entries()) errors.push(...resourceRuleRules(at(child(field, 'resourceRules'), index), rule));
  for (const [index, rule] of nonResourceRules.entries()) errors.push(...pathRuleRules(at(child(field, 'nonResourceRules'), index), rule));
  return errors;
}

const MEMBERS = { ServiceAccount: 'serviceAccount', User: 'user', Group: 'group' } as const;

function subjectRules(field: string, subject: Subject): FieldError[] {
  const own = MEMBERS[subject.kind as keyof typeof MEMBERS] as (typeof MEMBERS)[keyof typeof MEMBERS] | undefined;
  if (!own) return [notSupported(child(field, 'kind'), subject.kind, ['Group', 'ServiceAccount', 'User'])];
  const errors: FieldError[] = [];
  for (const [kind, name] of Object.entries(MEMBERS)) {
    if (name !== own && subject[name]) errors.push(forbiddenField(child(field, name), `${name} is forbidden when subject kind is not '${kind}'`));
  }
  const here = child(field, own);
  const value = subject[own];
  if (!value) return [required(here, `${own} is required when subject kind is '${subject.kind}'`), ...errors];
  if (!value.name) errors.push(required(child(here, 'name')));
  if (own !== 'serviceAccount') return errors;
  const { name, namespace } = subject.serviceAccount!;
  if (name && name !== '*') errors.push(...invalidEach(child(here, 'name'), name, nameIsDnsSubdomain(name, false)));
  errors.push(
    ...(namespace
      ? invalidEach(child(here, 'namespace'), namespace, nameIsDnsLabel(namespace, false))
      : [required(child(here, 'namespace'), 'must specify namespace for service account')]),
  );
  return errors;
}

function verbRules(field: string, verbs: readonly string[] | null): FieldError[] {
  const here = child(field, 'verbs');
  if (!verbs?.length) return [required(here, 'verbs must contain at least one value')];
  if (verbs.includes('*')) return verbs.length > 1 ? [invalid(here, verbs, "if '*' is present, must not specify other verbs")] : [];
  return verbs.every((verb) => VERBS.includes(verb)) ? [] : [notSupported(here, verbs, VERBS)];
}

function resourceRuleRules(field: string, { verbs, apiGroups, resources, namespaces, clusterScope }: ResourcePolicyRule): FieldError[] {
  const errors = verbRules(field, verbs);
  const list = (name: string, values: readonly string[] | null, missing: string, others: string): void => {
    if (!values?.length) errors.push(required(child(field, name), missing));
    else if (values.length > 1 && values.includes('*'))
      errors.push(invalid(child(field, name), values, `if '*' is present, must not specify other ${others}`));
  };
  list('apiGroups', apiGroups, 'resource rules must supply at least one api group', 'api groups');
  list('resources', resources, 'resource rules must supply at least one resource', 'resources');
  if (!namespaces?.length) {
    if (!clusterScope)
      errors.push(required(child(field, 'namespaces'), 'resource rules that are not cluster scoped must supply at least one namespace'));
  } else if (namespaces.includes('*')) list('namespaces', namespaces, '', 'namespaces');
  else {
    for (const [index, name] of namespaces.entries()) {
      const texts = nameIsDnsLabel(name, false).map((text) => `each member of this list must be '*' or a DNS-1123 label; ${text}`);
      errors.push(...invalidEach(at(child(field, 'namespaces'), index), name, texts));
    }
  }
  return errors;
}

function pathRuleRules(field: string, { verbs, nonResourceURLs }: NonResourcePolicyRule): FieldError[] {
  const errors = verbRules(field, verbs);
  const here = child(field, 'nonResourceURLs');
  if (!nonResourceURLs?.length) return [...errors, required(here, 'nonResourceURLs must contain at least one value')];
  if (nonResourceURLs.includes('*'))
    return nonResourceURLs.length > 1
      ? [...errors, invalid(here, nonResourceURLs, "if '*' is present, must not specify other non-resource URLs")]
      : errors;
  for (const [index, path] of nonResourceURLs.entries()) errors.push(...pathRules(at(here, index), path));
  return errors;
}

function pathRules(field: string, path: string): FieldError[] {
  if (!path) return [invalid(field, path, 'must not be empty')];
  if (path === '/') return [];
  if (!path.startsWith('/')) return [invalid(field, path, 'must start with slash')];
  if (path.includes(' ')) return [invalid(field, path, 'must not contain white-space')];
  if (path.includes('//')) return [invalid(field, path, 'must not contain double slash')];
  const star = path.indexOf('*');
  return star >= 0 && (star !== path.length - 1 || !path.endsWith('/*')) ? [invalid(field, path, 'wildcard can only do suffix matching')] : [];
}

function danglingText({ status }: FlowSchema): string {
  return status.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?';
}

/** The order in which flow schemas are tried, and shown. */
export function byPrecedence(a: FlowSchema, b: FlowSchema): number {
  const [first = '', second = ''] = [a.metadata.name, b.metadata.name];
  return a.spec.matchingPrecedence - b.spec.matchingPrecedence || (first < second ? -1 : Number(first > second));
}

/** What `kubectl get flowschemas` shows. */
export const flowSchemaColumns: readonly Column<FlowSchema>[] = [
  nameColumn,
  { name: 'PriorityLevel', type: 'string', description: 'The priority level.', cell: ({ spec }) => spec.priorityLevelConfiguration.name },
  { name: 'MatchingPrecedence', type: 'string', description: 'Lower ones are tried first.', cell: ({ spec }) => spec.matchingPrecedence },
  { name: 'DistinguisherMethod', type: 'string', description: 'What makes a flow.', cell: ({ spec }) => spec.distinguisherMethod?.type ?? NONE },
  ageColumn,
  { name: 'MissingPL', type: 'string', description: 'Whether the priority level is missing.', cell: danglingText },
];
