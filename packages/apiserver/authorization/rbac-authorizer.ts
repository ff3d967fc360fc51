/** Role-based access control, compiled per user from the watch caches and kept until roles or bindings change. */
import { clusterRoleBindings } from '#kinds/rbac/cluster-role-binding/kind.ts';
import { clusterRoles } from '#kinds/rbac/cluster-role/kind.ts';
import { roleBindings } from '#kinds/rbac/role-binding/kind.ts';
import { roles } from '#kinds/rbac/role/kind.ts';
import type { PolicyRule, RoleRef, Subject } from '#kinds/rbac/rules.ts';
import { notFound } from '#machinery/status.ts';
import type { Caches, User } from '../call.ts';
import { type Attributes, type Authorizer, type Decision, NO_OPINION } from './authorizer.ts';
import { RuleTable } from './rule-table.ts';

/** A role or cluster role binding, as far as it matters here. */
interface Binding {
  readonly metadata: { readonly name?: string; readonly namespace?: string };
  readonly subjects?: readonly Subject[];
  readonly roleRef: RoleRef;
}

/** What one user may do, until RBAC changes. */
interface UserRules {
  readonly generation: number;
  readonly cluster: RuleTable;
  readonly namespaces: ReadonlyMap<string, RuleTable>;
  /** Roles that bindings name but that do not exist, by namespace (empty: everywhere). */
  readonly problems: ReadonlyMap<string, readonly string[]>;
}

/** Rules by which a user acts in a namespace, with the problems met while resolving them. */
export interface ResolvedRules {
  readonly rules: readonly PolicyRule[];
  readonly errors: readonly string[];
}

/** Authorizes by roles and bindings. */
export class RbacAuthorizer implements Authorizer, Disposable {
  readonly #caches: Caches;
  readonly #bindings = new Map<string, Set<Binding>>();
  readonly #subscriptions: Disposable[];
  #users = new WeakMap<User, UserRules>();
  #generation = 0;

  /** The caches must have loaded. */
  constructor(caches: Caches) {
    this.#caches = caches;
    const bindingChanged = (next: Binding | undefined, previous: Binding | undefined): void => {
      if (previous) this.#unindex(previous);
      if (next) this.#index(next);
      this.#generation++;
    };
    const roleChanged = (): void => void this.#generation++;
    for (const binding of caches.list(clusterRoleBindings)) this.#index(binding);
    for (const binding of caches.list(roleBindings)) this.#index(binding);
    this.#subscriptions = [
      caches.subscribe(clusterRoleBindings, bindingChanged),
      caches.subscribe(roleBindings, bindingChanged),
      caches.subscribe(clusterRoles, roleChanged),
      caches.subscribe(roles, roleChanged),
    ];
  }

  [Symbol.dispose](): void {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
  }

  authorize(user: User, asked: Attributes): Decision {
    const rules = this.#rulesOf(user);
    const source = rules.cluster.allows(asked) ?? (asked.namespace === '' ? undefined : rules.namespaces.get(asked.namespace)?.allows(asked));
    if (source !== undefined) return { verdict: 'allow', reason: source };
    if (rules.problems.size === 0) return NO_OPINION;
    const problems = [...(rules.problems.get('') ?? []), ...(asked.namespace === '' ? [] : (rules.problems.get(asked.namespace) ?? []))];
    return problems.length === 0 ? NO_OPINION : { verdict: 'none', reason: `RBAC: ${aggregate(problems)}` };
  }

  /** All rules that the user has in `namespace` (empty: at the cluster scope). */
  rulesFor(user: User, namespace: string): ResolvedRules {
    const rules: PolicyRule[] = [];
    const errors: string[] = [];
    for (const binding of this.#bindingsOf(user)) {
      const bound = binding.metadata.namespace ?? '';
      if (bound !== '' && bound !== namespace) continue;
      const found = this.roleRules(binding.roleRef, bound);
      if (found) rules.push(...found);
      else errors.push(missingRole(binding.roleRef));
    }
    return { rules, errors };
  }

  /** The rules of a role that a binding in `namespace` refers to; `undefined` when there is no such role. */
  roleRules(roleRef: RoleRef, namespace: string): readonly PolicyRule[] | undefined {
    if (roleRef.kind === 'Role') return this.#caches.get(roles, namespace, roleRef.name)?.rules;
    return this.#caches.get(clusterRoles, '', roleRef.name)?.rules;
  }

  #rulesOf(user: User): UserRules {
    let rules = this.#users.get(user);
    if (rules === undefined || rules.generation !== this.#generation) {
      rules = this.#compile(user);
      this.#users.set(user, rules);
    }
    return rules;
  }

  #compile(user: User): UserRules {
    const cluster = new RuleTable();
    const namespaces = new Map<string, RuleTable>();
    const problems = new Map<string, string[]>();
    for (const binding of this.#bindingsOf(user)) {
      const namespace = binding.metadata.namespace ?? '';
      const rules = this.roleRules(binding.roleRef, namespace);
      if (!rules) {
        problems.set(namespace, [...(problems.get(namespace) ?? []), missingRole(binding.roleRef)]);
        continue;
      }
      let table = cluster;
      if (namespace !== '') {
        table = namespaces.get(namespace) ?? new RuleTable();
        namespaces.set(namespace, table);
      }
      table.add(rules, describe(binding, user));
    }
    return { generation: this.#generation, cluster, namespaces, problems };
  }

  #bindingsOf(user: User): Set<Binding> {
    const found = new Set<Binding>(this.#bindings.get(`User/${user.name}`));
    for (const group of user.groups) for (const binding of this.#bindings.get(`Group/${group}`) ?? []) found.add(binding);
    return found;
  }

  #index(binding: Binding): void {
    for (const subject of binding.subjects ?? []) {
      const key = subjectKey(subject, binding.metadata.namespace);
      const bindings = this.#bindings.get(key);
      if (bindings) bindings.add(binding);
      else this.#bindings.set(key, new Set([binding]));
    }
  }

  #unindex(binding: Binding): void {
    for (const subject of binding.subjects ?? []) {
      const key = subjectKey(subject, binding.metadata.namespace);
      const bindings = this.#bindings.get(key);
      if (!bindings) continue;
      for (const one of bindings) {
        if (one.metadata.name === binding.metadata.name && one.metadata.namespace === binding.metadata.namespace) bindings.delete(one);
      }
      if (bindings.size === 0) this.#bindings.delete(key);
    }
  }
}

function subjectKey(subject: Subject, bindingNamespace: string | undefined): string {
  if (subject.kind !== 'ServiceAccount') return `${subject.kind}/${subject.name}`;
  return `User/system:serviceaccount:${subject.namespace || bindingNamespace || ''}:${subject.name}`;
}

function missingRole(roleRef: RoleRef): string {
  return notFound({ group: 'rbac.authorization.k8s.io', resource: roleRef.kind.toLowerCase() }, roleRef.name).message;
}

function aggregate(problems: readonly string[]): string {
  return problems.length === 1 ? problems[0]! : `[${problems.join(', ')}]`;
}

function describe(binding: Binding, user: User): string {
  const { name, namespace } = binding.metadata;
  const subject = binding.subjects?.find((one) => {
    const key = subjectKey(one, namespace);
    return key === `User/${user.name}` || user.groups.some((group) => key === `Group/${group}`);
  });
  const who = subject?.kind === 'ServiceAccount' ? `${subject.name}/${subject.namespace || namespace || ''}` : (subject?.name ?? '');
  const kind = namespace === undefined ? `ClusterRoleBinding ${JSON.stringify(name)}` : `RoleBinding ${JSON.stringify(`${name}/${namespace}`)}`;
  return `RBAC: allowed by ${kind} of ${binding.roleRef.kind} ${JSON.stringify(binding.roleRef.name)} to ${subject?.kind ?? ''} ${JSON.stringify(who)}`;
}
