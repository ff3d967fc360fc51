/** Keeps users from granting more than they hold through roles and bindings. Source: kubernetes `registry/rbac`, the policy-based storages. */
import type { PolicyRule, RoleRef } from '#kinds/rbac/rules.ts';
import { type StatusError, forbidden, notFound } from '#machinery/status.ts';
import type { User } from '../call.ts';
import { type Authorizer, resourceAttributes } from './authorizer.ts';
import { ruleText, uncovered } from './covers.ts';
import type { RbacAuthorizer } from './rbac-authorizer.ts';

const GROUP = 'rbac.authorization.k8s.io';

/** A role or binding that is about to be created or changed. */
export interface GrantWrite {
  readonly user: User;
  readonly resource: 'roles' | 'clusterroles' | 'rolebindings' | 'clusterrolebindings';
  readonly namespace: string;
  readonly name: string;
  readonly object: { readonly rules?: readonly PolicyRule[]; readonly aggregationRule?: unknown; readonly roleRef?: RoleRef };
  /** What is stored, for updates. */
  readonly stored?: GrantWrite['object'];
}

/** Checks writes of roles and bindings; the admission stage calls it. @throws StatusError Forbidden */
export interface GrantGuard {
  check(write: GrantWrite): void;
}

const ALL_RULES: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

/** Makes the guard. */
export function createGrantGuard(rbac: RbacAuthorizer, authorizer: Authorizer): GrantGuard {
  const mayDo = (write: GrantWrite, verb: string, resource: string, name: string): boolean =>
    authorizer.authorize(write.user, resourceAttributes({ verb, group: GROUP, version: 'v1', resource, name, namespace: write.namespace })).verdict === 'allow';

  const refuse = (write: GrantWrite, wanted: readonly PolicyRule[]): StatusError | undefined => {
    const held = rbac.rulesFor(write.user, write.namespace);
    const missing = uncovered(held.rules, wanted);
    if (missing.length === 0) return undefined;
    const groups = write.user.groups.map((group) => JSON.stringify(group)).join(' ');
    let why = `user ${JSON.stringify(write.user.name)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${missing.map(ruleText).join('\n')}`;
    if (held.errors.length > 0) why += `; resolution errors: [${held.errors.join(', ')}]`;
    return forbidden({ group: GROUP, resource: write.resource }, write.name, why);
  };

  const checkRole = (write: GrantWrite): void => {
    const { object, stored } = write;
    if (stored && sameJson(object.rules, stored.rules) && sameJson(object.aggregationRule, stored.aggregationRule)) return;
    if (mayDo(write, 'escalate', write.resource, write.name)) return;
    const refusal = refuse(write, object.rules ?? []) ?? (object.aggregationRule === undefined ? undefined : refuse(write, ALL_RULES));
    if (refusal) throw refusal;
  };

  const checkBinding = (write: GrantWrite): void => {
    const { object, stored } = write;
    const { roleRef } = object;
    if (!roleRef || (stored && sameJson(object, stored))) return;
    const resource = roleRef.kind === 'Role' ? 'roles' : 'clusterroles';
    if (mayDo(write, 'bind', resource, roleRef.name)) return;
    const rules = rbac.roleRules(roleRef, write.namespace);
    if (!rules) throw notFound({ group: GROUP, resource: roleRef.kind.toLowerCase() }, roleRef.name);
    const refusal = refuse(write, rules);
    if (refusal) throw refusal;
  };

  return {
    check(write) {
      if (write.user.groups.includes('system:masters')) return;
      if (write.resource === 'roles' || write.resource === 'clusterroles') checkRole(write);
      else checkBinding(write);
    },
  };
}

function sameJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
