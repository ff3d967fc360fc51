import { defineKind } from '#machinery/kind.ts';
import { validatePathSegmentName } from '#machinery/names.ts';
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
});
