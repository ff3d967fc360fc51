/** Keeps users from granting more than they hold through roles and bindings. Source: kubernetes `registry/rbac`, the policy-based storages. */
import type { PolicyRule, RoleRef } from '#kinds/rbac/rules.ts';
import { sameValue } from '#kinds/semantic-equal.ts';
import type { ObjectMeta } from '#machinery/meta.ts';
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
  readonly object: {
    readonly metadata?: Partial<ObjectMeta>;
    readonly rules?: readonly PolicyRule[];
    readonly aggregationRule?: unknown;
    readonly roleRef?: RoleRef;
  };
  /** What is stored, for updates. */
  readonly stored?: GrantWrite['object'];
}

/** Checks writes of roles and bindings; the admission stage calls it. @throws StatusError Forbidden */
export interface GrantGuard {
  check(write: GrantWrite): Promise<void>;
}

const ALL_RULES: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

/** Makes the guard. */
export function createGrantGuard(rbac: RbacAuthorizer, authorizer: Authorizer): GrantGuard {
  const mayDo = async (write: GrantWrite, verb: string, resource: string, name: string): Promise<boolean> => {
    const { verdict } = await authorizer.authorize(
      write.user,
      resourceAttributes({ verb, group: GROUP, version: 'v1', resource, name, namespace: write.namespace }),
    );
    return verdict === 'allow';
  };

  const refuse = (write: GrantWrite, wanted: readonly PolicyRule[]): StatusError | undefined => {
    const held = rbac.rulesFor(write.user, write.namespace);
    const missing = uncovered(held.rules, wanted);
    if (missing.length === 0) return undefined;
    const groups = write.user.groups.map((group) => JSON.stringify(group)).join(' ');
    const texts = [...new Set(missing.map(ruleText))].toSorted();
    let why = `user ${JSON.stringify(write.user.name)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${texts.join('\n')}`;
    if (held.errors.length > 0) why += `; resolution errors: [${held.errors.join(' ')}]`;
    return forbidden({ group: GROUP, resource: write.resource }, write.name, why);
  };

  const checkRole = async (write: GrantWrite): Promise<void> => {
    const { object, stored } = write;
    if (stored && isForCollection(object, stored)) return;
    if (await mayDo(write, 'escalate', write.resource, write.name)) return;
    const refusal = refuse(write, object.rules ?? []);
    if (refusal) throw refusal;
    // An aggregation rule can gather anything, and keeps others from taking rights away again.
    const aggregates = object.aggregationRule !== undefined || stored?.aggregationRule !== undefined;
    if (aggregates && uncovered(rbac.rulesFor(write.user, '').rules, ALL_RULES).length > 0) {
      throw forbidden({ group: GROUP, resource: write.resource }, write.name, 'must have cluster-admin privileges to use the aggregationRule');
    }
  };

  const checkBinding = async (write: GrantWrite): Promise<void> => {
    const { object, stored } = write;
    const { roleRef } = object;
    if (!roleRef || (stored && isForCollection(object, stored))) return;
    const resource = roleRef.kind === 'Role' ? 'roles' : 'clusterroles';
    if (await mayDo(write, 'bind', resource, roleRef.name)) return;
    const rules = rbac.roleRules(roleRef, write.namespace);
    if (!rules) throw notFound({ group: GROUP, resource: roleRef.kind.toLowerCase() }, roleRef.name);
    const refusal = refuse(write, rules);
    if (refusal) throw refusal;
  };

  return {
    async check(write) {
      if (write.user.groups.includes('system:masters')) return;
      if (write.resource === 'roles' || write.resource === 'clusterroles') await checkRole(write);
      else await checkBinding(write);
    },
  };
}

/** Whether only what the garbage collector needs is changed. Source: `rbac.IsOnlyMutatingGCFields`. */
function isForCollection(object: GrantWrite['object'], stored: GrantWrite['object']): boolean {
  const rest = ({ metadata, ...other }: GrantWrite['object']): unknown => {
    const { ownerReferences: _owners, finalizers: _finalizers, managedFields: _managed, resourceVersion: _version, ...meta } = metadata ?? {};
    return { ...other, metadata: meta };
  };
  return sameValue(rest(object), rest(stored));
}
