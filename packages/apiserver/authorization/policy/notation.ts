/** Short notation for the default policy. */
import type { PolicyRule, Subject } from '#kinds/rbac/rules.ts';

/** A role or cluster role of the default policy. */
export interface DefaultRole {
  readonly name: string;
  /** Absent: a cluster role. */
  readonly namespace?: string;
  readonly rules: readonly PolicyRule[];
  readonly labels?: Readonly<Record<string, string>>;
  /** Labels of the cluster roles that this one is made of. */
  readonly aggregates?: readonly Readonly<Record<string, string>>[];
}

/** A binding of the default policy to the role of the same namespace, or to a cluster role. */
export interface DefaultBinding {
  readonly name: string;
  /** Absent: a cluster role binding. */
  readonly namespace?: string;
  readonly role: { readonly kind: 'Role' | 'ClusterRole'; readonly name: string };
  readonly subjects: readonly Subject[];
}

export const READ = ['get', 'list', 'watch'] as const;
export const WRITE = ['create', 'delete', 'deletecollection', 'patch', 'update'] as const;
export const READ_WRITE = [...READ, ...WRITE] as const;
export const READ_UPDATE = [...READ, 'patch', 'update'] as const;

/** Verbs on resources of one or more groups. */
export function rule(verbs: readonly string[], groups: string | readonly string[], resources: readonly string[], names?: readonly string[]): PolicyRule {
  return { verbs, apiGroups: typeof groups === 'string' ? [groups] : groups, resources, ...(names ? { resourceNames: names } : {}) };
}

/** Verbs on paths. */
export function paths(verbs: readonly string[], ...urls: string[]): PolicyRule {
  return { verbs, nonResourceURLs: urls };
}

/** Writing events, in both groups. */
export const EVENTS = rule(['create', 'patch', 'update'], ['', 'events.k8s.io'], ['events']);

export const user = (name: string): Subject => ({ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name });
export const group = (name: string): Subject => ({ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name });
export const serviceAccount = (namespace: string, name: string): Subject => ({ kind: 'ServiceAccount', name, namespace });

/** Marks what the server keeps up to date. */
export const BOOTSTRAP_LABEL = 'kubernetes.io/bootstrapping';

/** `aggregate-to-X`. */
export const aggregateTo = (role: string): Readonly<Record<string, string>> => ({ [`rbac.authorization.k8s.io/aggregate-to-${role}`]: 'true' });
