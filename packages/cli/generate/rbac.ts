/**
 * Roles and bindings from flags.
 */
import { CliError } from '../io.ts';
import type { ResourceMap } from '../resources.ts';
import type { Generated, GenerateFlags } from './flags.ts';

const GROUP = 'rbac.authorization.k8s.io';

/** `create role|clusterrole NAME --verb=… --resource=…`. @throws CliError */
export function role(kind: 'Role' | 'ClusterRole', name: string, { flags, map }: { readonly flags: GenerateFlags; readonly map: ResourceMap }): Generated {
  const verbs = (flags.verb ?? []).flatMap((text) => text.split(','));
  if (verbs.length === 0) throw new CliError('error: at least one verb must be specified');
  const urls = (flags.nonResourceUrl ?? []).flatMap((text) => text.split(','));
  const wanted = (flags.resource ?? []).flatMap((text) => text.split(','));
  if (wanted.length === 0 && urls.length === 0) throw new CliError(kind === 'Role' ? 'error: at least one resource must be specified' : 'error: one of resource or nonResourceURL must be specified');
  const byGroup = new Map<string, string[]>();
  for (const text of wanted) {
    const { group, resource } = resolved(map, text);
    byGroup.set(group, [...(byGroup.get(group) ?? []), resource]);
  }
  const names = flags.resourceName?.length ? { resourceNames: flags.resourceName.flatMap((text) => text.split(',')) } : {};
  const rules = [...byGroup].map(([group, resources]) => ({ verbs, apiGroups: [group], resources, ...names }));
  return { kind, apiVersion: `${GROUP}/v1`, metadata: { name }, rules: [...rules, ...(urls.length > 0 ? [{ verbs, nonResourceURLs: urls }] : [])] } as Generated;
}

function resolved(map: ResourceMap, text: string): { group: string; resource: string } {
  const [plural = '', ...sub] = text.split('/');
  if (plural === '*') return { group: '', resource: text };
  try {
    const found = map.resolve(plural);
    return { group: found.group, resource: [found.plural, ...sub].join('/') };
  } catch (error) {
    throw error instanceof CliError ? new CliError(error.message.replace(/^error: /, '')) : error;
  }
}

/** `create rolebinding|clusterrolebinding NAME --role=…`. @throws CliError */
export function binding(kind: 'RoleBinding' | 'ClusterRoleBinding', name: string, flags: GenerateFlags): Generated {
  const roleRef = flags.clusterrole ? { apiGroup: GROUP, kind: 'ClusterRole', name: flags.clusterrole } : { apiGroup: GROUP, kind: 'Role', name: flags.role };
  if (!roleRef.name) throw new CliError(kind === 'RoleBinding' ? 'error: exactly one of clusterrole or role must be specified' : 'error: required flag(s) "clusterrole" not set');
  const subjects = [
    ...(flags.user ?? []).map((user) => ({ kind: 'User', apiGroup: GROUP, name: user })),
    ...(flags.group ?? []).map((group) => ({ kind: 'Group', apiGroup: GROUP, name: group })),
    ...(flags.serviceaccount ?? []).map((text) => {
      const [namespace, account] = text.split(':');
      if (!namespace || !account) throw new CliError('error: serviceaccount must be <namespace>:<name>');
      return { kind: 'ServiceAccount', name: account, namespace };
    }),
  ];
  return { kind, apiVersion: `${GROUP}/v1`, metadata: { name }, ...(subjects.length > 0 ? { subjects } : {}), roleRef } as Generated;
}
