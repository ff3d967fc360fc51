/**
 * What the provisioners on the nodes of this server may do.
 */
import type { Client } from '#client/client.ts';
import { clusterRoleBindings } from '#kinds/rbac/cluster-role-binding/kind.ts';
import { clusterRoles } from '#kinds/rbac/cluster-role/kind.ts';
import { isReason } from '#machinery/status.ts';

/** The user that provisions volumes on nodes. */
export const NODE_STORAGE_USER = 'navarch:node-storage';

const READ = ['get', 'list', 'watch'];

/** Gives `NODE_STORAGE_USER` its rights: what the role of external provisioners allows. */
export async function ensureNodeStorage(client: Client, signal: AbortSignal): Promise<void> {
  const name = NODE_STORAGE_USER;
  const rules = [
    { apiGroups: [''], resources: ['persistentvolumes'], verbs: [...READ, 'create', 'delete', 'update', 'patch'] },
    { apiGroups: [''], resources: ['persistentvolumeclaims'], verbs: READ },
    { apiGroups: [''], resources: ['persistentvolumeclaims/status'], verbs: ['update', 'patch'] },
    { apiGroups: ['storage.k8s.io'], resources: ['storageclasses'], verbs: READ },
    { apiGroups: [''], resources: ['events'], verbs: ['create', 'update', 'patch'] },
  ];
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name };
  const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name }];
  await once(client.of(clusterRoles).create({ metadata: { name }, rules }, {}, signal));
  await once(client.of(clusterRoleBindings).create({ metadata: { name }, roleRef, subjects }, {}, signal));
}

async function once(creation: Promise<unknown>): Promise<void> {
  try {
    await creation;
  } catch (error) {
    if (!isReason(error, 'AlreadyExists')) throw error;
  }
}
