import { defineKind } from '#machinery/kind.ts';
import { nameAndCreatedAt } from '../../cells.ts';
import { clusterRoleStrategy } from '../strategy.ts';
import { type ClusterRole, clusterRole } from './schema.ts';

/** `clusterroles` of rbac.authorization.k8s.io. */
export const clusterRoles = defineKind<ClusterRole>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  namespaced: false,
  schema: clusterRole,
  strategy: clusterRoleStrategy,
  columns: nameAndCreatedAt,
});
