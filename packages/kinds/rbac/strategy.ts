/**
 * The life of roles and bindings.
 *
 * Source: kubernetes `pkg/registry/rbac`.
 */
import type { KubeObject, Strategy } from '#machinery/kind.ts';
import { validatePathSegmentName } from '#machinery/names.ts';
import type { ClusterRole } from './cluster-role/schema.ts';
import { at, required } from '#machinery/field-error.ts';
import { validateLabelSelector } from '#machinery/selectors.ts';
import type { PolicyRule } from './rules.ts';
import { type Binding, bindingRules, policyRules, roleRefUnchanged } from './validation.ts';

const ordinary = { createOnUpdate: true, unconditionalUpdate: true, validateName: validatePathSegmentName } as const;

/** Rules of a role's life. */
export const roleStrategy: Strategy<KubeObject & { readonly rules: readonly PolicyRule[] | null }> = {
  ...ordinary,
  validate: ({ rules }) => policyRules('rules', rules, true),
  validateUpdate: ({ rules }) => policyRules('rules', rules, true),
};

/** Rules of a cluster role's life. */
export const clusterRoleStrategy: Strategy<ClusterRole> = {
  ...ordinary,
  validate: clusterRoleRules,
  validateUpdate: (clusterRole) => clusterRoleRules(clusterRole),
};

function clusterRoleRules({ rules, aggregationRule }: ClusterRole): ReturnType<typeof policyRules> {
  const errors = policyRules('rules', rules, false);
  if (!aggregationRule) return errors;
  const field = 'aggregationRule.clusterRoleSelectors';
  const selectors = aggregationRule.clusterRoleSelectors ?? [];
  if (!selectors.length) errors.push(required(field, 'at least one clusterRoleSelector required if aggregationRule is non-nil'));
  for (const [index, selector] of selectors.entries()) errors.push(...validateLabelSelector(selector, at(field, index)));
  return errors;
}

/** Rules of a binding's life; `roleKinds` are the kinds of role it may refer to. */
export function bindingStrategy(roleKinds: readonly string[], namespaced: boolean): Strategy<Binding> {
  const validate = (binding: Binding): ReturnType<typeof bindingRules> => bindingRules(binding, roleKinds, namespaced);
  return { ...ordinary, validate, validateUpdate: (binding, stored) => [...validate(binding), ...roleRefUnchanged(binding, stored)] };
}
