import type { Infer } from '#machinery/schema.ts';
import { embedded, list, message, optional, string } from '#machinery/schema.ts';
import { condition, objectMeta, typeMeta } from '#machinery/meta.ts';

export const serviceCIDRSpec = message('networking/v1.ServiceCIDRSpec', {
  cidrs: optional(1, list(string)),
});
export interface ServiceCIDRSpec extends Infer<typeof serviceCIDRSpec> {}

export const serviceCIDRStatus = message('networking/v1.ServiceCIDRStatus', {
  conditions: optional(1, list(condition), { listType: 'map', keys: ['type'], patch: 'merge', mergeKey: 'type' }),
});
export interface ServiceCIDRStatus extends Infer<typeof serviceCIDRStatus> {}

export const serviceCIDR = message('networking/v1.ServiceCIDR', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: embedded(2, serviceCIDRSpec),
  status: embedded(3, serviceCIDRStatus),
});
export interface ServiceCIDR extends Infer<typeof serviceCIDR> {}
