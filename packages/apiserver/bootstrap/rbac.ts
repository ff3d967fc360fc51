/** Writes the default policy and keeps it complete. Source: kubernetes `registry/rbac/rest`, `component-helpers/auth/rbac/reconciliation`. */
import { clusterRoleBindings } from '#kinds/rbac/cluster-role-binding/kind.ts';
import { clusterRoles } from '#kinds/rbac/cluster-role/kind.ts';
import { roleBindings } from '#kinds/rbac/role-binding/kind.ts';
import { roles } from '#kinds/rbac/role/kind.ts';
import type { PolicyRule, RoleRef, Subject } from '#kinds/rbac/rules.ts';
import { uncovered } from '../authorization/covers.ts';
import { clusterBindings, namespaceBindings } from '../authorization/policy/bindings.ts';
import { controllerRoles } from '../authorization/policy/controller-roles.ts';
import { BOOTSTRAP_LABEL, type DefaultBinding, type DefaultRole } from '../authorization/policy/notation.ts';
import { namespaceRoles, systemRoles } from '../authorization/policy/system-roles.ts';
import { userRoles } from '../authorization/policy/user-roles.ts';
import type { Ensurer } from './ensure.ts';

const AUTOUPDATE = 'rbac.authorization.kubernetes.io/autoupdate';
const GROUP = 'rbac.authorization.k8s.io';
const API_VERSION = `${GROUP}/v1`;

interface Metadata {
  readonly annotations?: Readonly<Record<string, string>>;
}

interface StoredRole {
  readonly metadata: Metadata;
  readonly rules?: readonly PolicyRule[];
  readonly aggregationRule?: unknown;
}

interface StoredBinding {
  readonly metadata: Metadata;
  readonly roleRef: RoleRef;
  readonly subjects?: readonly Subject[];
}

/** Writes roles and bindings that are missing, and adds what is missing in those that allow it. */
export async function ensurePolicy(ensurer: Ensurer): Promise<void> {
  const allClusterRoles = [...userRoles, ...systemRoles, ...controllerRoles];
  await Promise.all([
    ...allClusterRoles.map((role) => ensurer.ensure(clusterRoles, clusterRole(role, allClusterRoles), (stored) => mendRole(stored, role))),
    ...namespaceRoles.map((role) => ensurer.ensure(roles, { kind: 'Role', apiVersion: API_VERSION, metadata: metadata(role), rules: role.rules }, (stored) => mendRole(stored, role))),
    ...clusterBindings.map((binding) => ensurer.ensure(clusterRoleBindings, bindingDraft('ClusterRoleBinding', binding), (stored) => mendBinding(stored, binding))),
    ...namespaceBindings.map((binding) => ensurer.ensure(roleBindings, bindingDraft('RoleBinding', binding), (stored) => mendBinding(stored, binding))),
  ]);
}

function metadata({ name, namespace, labels }: { readonly name: string; readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> }) {
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    labels: { [BOOTSTRAP_LABEL]: 'rbac-defaults', ...labels },
    annotations: { [AUTOUPDATE]: 'true' },
  };
}

function clusterRole(role: DefaultRole, all: readonly DefaultRole[]) {
  const base = { kind: 'ClusterRole', apiVersion: API_VERSION, metadata: metadata(role) };
  if (!role.aggregates) return { ...base, rules: role.rules };
  return {
    ...base,
    // The aggregation controller keeps these rules; they are written at once so that the roles work without waiting for it.
    rules: aggregatedRules(role, all),
    aggregationRule: { clusterRoleSelectors: role.aggregates.map((matchLabels) => ({ matchLabels })) },
  };
}

/** The rules of all roles that carry the labels which `role` gathers, through intermediate roles too. */
function aggregatedRules(role: DefaultRole, all: readonly DefaultRole[]): readonly PolicyRule[] {
  if (!role.aggregates) return role.rules;
  const parts = all.filter((one) => role.aggregates!.some((labels) => Object.entries(labels).every(([key, value]) => one.labels?.[key] === value)));
  return parts.flatMap((part) => aggregatedRules(part, all));
}

function mendRole<T extends StoredRole>(stored: T, role: DefaultRole): T | undefined {
  if (stored.metadata.annotations?.[AUTOUPDATE] === 'false' || role.aggregates) return undefined;
  const missing = uncovered(stored.rules ?? [], role.rules);
  return missing.length === 0 ? undefined : { ...stored, rules: [...(stored.rules ?? []), ...missing] };
}

function bindingDraft<K extends string>(kind: K, binding: DefaultBinding) {
  return {
    kind,
    apiVersion: API_VERSION,
    metadata: metadata(binding),
    roleRef: { apiGroup: GROUP, ...binding.role },
    ...(binding.subjects.length > 0 ? { subjects: binding.subjects } : {}),
  };
}

function mendBinding<T extends StoredBinding>(stored: T, binding: DefaultBinding): T | 'recreate' | undefined {
  if (stored.metadata.annotations?.[AUTOUPDATE] === 'false') return undefined;
  if (stored.roleRef.kind !== binding.role.kind || stored.roleRef.name !== binding.role.name) return 'recreate';
  const has = (wanted: Subject): boolean => (stored.subjects ?? []).some((one) => one.kind === wanted.kind && one.name === wanted.name && (one.namespace ?? '') === (wanted.namespace ?? ''));
  const missing = binding.subjects.filter((subject) => !has(subject));
  return missing.length === 0 ? undefined : { ...stored, subjects: [...(stored.subjects ?? []), ...missing] };
}
