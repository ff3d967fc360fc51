import { defineKind } from '#machinery/kind.ts';
import { type IngressClass, ingressClass } from './schema.ts';
import { ingressClassColumns, ingressClassStrategy } from './strategy.ts';

/** `ingressclasses` of networking.k8s.io. */
export const ingressClasses = defineKind<IngressClass>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  plural: 'ingressclasses',
  namespaced: false,
  schema: ingressClass,
  defaults(draft) {
    if (draft.spec?.parameters) draft.spec.parameters.scope ??= 'Cluster';
  },
  strategy: ingressClassStrategy,
  columns: ingressClassColumns,
});
