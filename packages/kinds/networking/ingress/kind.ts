import { defineKind } from '#machinery/kind.ts';
import { type Ingress, ingress } from './schema.ts';
import { ingressColumns, ingressStatusSubresource, ingressStrategy } from './strategy.ts';

/** `ingresses` of networking.k8s.io. */
export const ingresses = defineKind<Ingress>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  plural: 'ingresses',
  shortNames: ['ing'],
  namespaced: true,
  schema: ingress,
  subresources: {
    status: ingressStatusSubresource,
  },
  strategy: ingressStrategy,
  columns: ingressColumns,
});
