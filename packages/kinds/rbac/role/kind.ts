import { defineKind } from '#machinery/kind.ts';
import { nameAndCreatedAt } from '../../cells.ts';
import { roleStrategy } from '../strategy.ts';
import { type Role, role } from './schema.ts';

/** `roles` of rbac.authorization.k8s.io. */
export const roles = defineKind<Role>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'Role',
  plural: 'roles',
  namespaced: true,
  schema: role,
  strategy: roleStrategy,
  columns: nameAndCreatedAt,
});
