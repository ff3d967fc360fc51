import { defineKind } from '#machinery/kind.ts';
import { bindingColumns } from '../columns.ts';
import { defaultBinding } from '../defaults.ts';
import { bindingStrategy } from '../strategy.ts';
import { type RoleBinding, roleBinding } from './schema.ts';

/** `rolebindings` of rbac.authorization.k8s.io. */
export const roleBindings = defineKind<RoleBinding>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'RoleBinding',
  plural: 'rolebindings',
  namespaced: true,
  schema: roleBinding,
  defaults: defaultBinding,
  strategy: bindingStrategy(['Role', 'ClusterRole'], true),
  columns: bindingColumns,
});
