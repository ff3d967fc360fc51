/**
 * Rules for roles and bindings.
 *
 * Source: kubernetes `pkg/apis/rbac/validation`.
 */
import { at, child, type FieldError, invalid, notSupported, required } from '#machinery/field-error.ts';
import type { KubeObject } from '#machinery/kind.ts';
import { nameIsDnsSubdomain, validatePathSegmentName } from '#machinery/names.ts';
import { invalidEach } from '../rules.ts';
import { sameValue } from '../semantic-equal.ts';
import type { PolicyRule, RoleRef, Subject } from './rules.ts';

/** The group of roles, users and groups. */
export const RBAC_GROUP = 'rbac.authorization.k8s.io';

/** What a role allows. A namespaced one cannot speak of paths. */
export function policyRules(field: string, rules: readonly PolicyRule[] | null, namespaced: boolean): FieldError[] {
  return (rules ?? []).flatMap((rule, index) => policyRule(at(field, index), rule, namespaced));
}

function policyRule(field: string, rule: PolicyRule, namespaced: boolean): FieldError[] {
  const { verbs, apiGroups, resources, resourceNames, nonResourceURLs = [] } = rule;
  const errors = verbs?.length ? [] : [required(child(field, 'verbs'), 'verbs must contain at least one value')];
  if (nonResourceURLs.length) {
    const here = child(field, 'nonResourceURLs');
    if (namespaced) errors.push(invalid(here, nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'));
    if (apiGroups?.length || resources?.length || resourceNames?.length) {
      errors.push(invalid(here, nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'));
    }
    return errors;
  }
  if (!apiGroups?.length) errors.push(required(child(field, 'apiGroups'), 'resource rules must supply at least one api group'));
  if (!resources?.length) errors.push(required(child(field, 'resources'), 'resource rules must supply at least one resource'));
  return errors;
}

/** A binding, in a namespace or in the cluster. */
export interface Binding extends KubeObject {
  readonly roleRef: RoleRef;
  readonly subjects?: readonly Subject[];
}

/** Whom a binding gives what. `roleKinds` are the kinds of role it may refer to. */
export function bindingRules(binding: Binding, roleKinds: readonly string[], namespaced: boolean): FieldError[] {
  const { apiGroup, kind, name } = binding.roleRef;
  const errors: FieldError[] = [];
  if (apiGroup !== RBAC_GROUP) errors.push(notSupported('roleRef.apiGroup', apiGroup, [RBAC_GROUP]));
  if (!roleKinds.includes(kind)) errors.push(notSupported('roleRef.kind', kind, roleKinds));
  errors.push(...(name ? invalidEach('roleRef.name', name, validatePathSegmentName(name, false)) : [required('roleRef.name')]));
  for (const [index, subject] of (binding.subjects ?? []).entries()) errors.push(...subjectRules(at('subjects', index), subject, namespaced));
  return errors;
}

function subjectRules(field: string, { kind, apiGroup = '', name, namespace }: Subject, namespaced: boolean): FieldError[] {
  const errors = name ? [] : [required(child(field, 'name'))];
  const inGroup = child(field, 'apiGroup');
  switch (kind) {
    case 'ServiceAccount':
      if (name) errors.push(...invalidEach(child(field, 'name'), name, nameIsDnsSubdomain(name, false)));
      if (apiGroup) errors.push(notSupported(inGroup, apiGroup, ['']));
      if (!namespaced && !namespace) errors.push(required(child(field, 'namespace')));
      return errors;
    case 'User':
    case 'Group':
      if (apiGroup !== RBAC_GROUP) errors.push(notSupported(inGroup, apiGroup, [RBAC_GROUP]));
      return errors;
    default:
      return [...errors, notSupported(child(field, 'kind'), kind, ['ServiceAccount', 'User', 'Group'])];
  }
}

/** A changed binding: it keeps giving the same role. */
export function roleRefUnchanged(binding: Binding, stored: Binding): FieldError[] {
  return sameValue(binding.roleRef, stored.roleRef) ? [] : [invalid('roleRef', binding.roleRef, 'cannot change roleRef')];
}
