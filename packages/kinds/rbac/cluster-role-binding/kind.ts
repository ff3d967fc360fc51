import { defineKind } from '#machinery/kind.ts';
import { bindingColumns } from '../columns.ts';
import { defaultBinding } from '../defaults.ts';
import { bindingStrategy } from '../strategy.ts';
import { type ClusterRoleBinding, clusterRoleBinding } from './schema.ts';

/** `clusterrolebindings` of rbac.authorization.k8s.io. */
export const clusterRoleBindings = defineKind<ClusterRoleBinding>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  namespaced: false,
  schema: clusterRoleBinding,
  defaults: defaultBinding,
  strategy: bindingStrategy(['ClusterRole'], false),
  columns: bindingColumns,
});
