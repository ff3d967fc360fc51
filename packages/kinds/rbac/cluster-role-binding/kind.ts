import { defineKind } from '#machinery/kind.ts';
import { validatePathSegmentName } from '#machinery/names.ts';
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
  strategy: { validateName: validatePathSegmentName, createOnUpdate: true, unconditionalUpdate: true },
  defaults: defaultBinding,
  strategy: bindingStrategy(['ClusterRole'], false),
  columns: bindingColumns,
});
