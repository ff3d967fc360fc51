import { defineKind } from '#machinery/kind.ts';
import { type ResourceQuota, resourceQuota } from './schema.ts';
import { defaultResourceQuota, resourceQuotaColumns, resourceQuotaStatusSubresource, resourceQuotaStrategy } from './strategy.ts';

/** `resourcequotas`. */
export const resourceQuotas = defineKind<ResourceQuota>({
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  shortNames: ['quota'],
  namespaced: true,
  schema: resourceQuota,
  subresources: {
    status: resourceQuotaStatusSubresource,
  },
  defaults: defaultResourceQuota,
  strategy: { ...resourceQuotaStrategy, returnsDeleted: true },
  columns: resourceQuotaColumns,
});
