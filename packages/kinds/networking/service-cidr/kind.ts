import { defineKind } from '#machinery/kind.ts';
import { type ServiceCIDR, serviceCIDR } from './schema.ts';
import { serviceCidrColumns, serviceCidrStatusSubresource, serviceCidrStrategy } from './strategy.ts';

/** `servicecidrs` of networking.k8s.io. */
export const serviceCIDRs = defineKind<ServiceCIDR>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  plural: 'servicecidrs',
  namespaced: false,
  schema: serviceCIDR,
  subresources: {
    status: serviceCidrStatusSubresource,
  },
  strategy: serviceCidrStrategy,
  columns: serviceCidrColumns,
});
