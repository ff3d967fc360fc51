import type { Infer } from '#machinery/schema.ts';
import { anyOf, embedded, list, map, message, optional, quantity, required } from '#machinery/schema.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const limitType = anyOf('Pod', 'Container', 'PersistentVolumeClaim');

export const limitRangeItem = message('core/v1.LimitRangeItem', {
  type: required(1, limitType),
  max: optional(2, map(quantity)),
  min: optional(3, map(quantity)),
  default: optional(4, map(quantity)),
  defaultRequest: optional(5, map(quantity)),
  maxLimitRequestRatio: optional(6, map(quantity)),
});
export interface LimitRangeItem extends Infer<typeof limitRangeItem> {}

export const limitRangeSpec = message('core/v1.LimitRangeSpec', {
  limits: required(1, list(limitRangeItem)),
});
export interface LimitRangeSpec extends Infer<typeof limitRangeSpec> {}

export const limitRange = message('core/v1.LimitRange', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: embedded(2, limitRangeSpec),
});
export interface LimitRange extends Infer<typeof limitRange> {}
