import type { Infer } from '#machinery/schema.ts';
import { anyOf, embedded, list, message, optional, required, string } from '#machinery/schema.ts';
import { conditionStatus } from '../persistent-volume-claim/schema.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const componentConditionType = anyOf('Healthy');

export const componentCondition = message('core/v1.ComponentCondition', {
  type: required(1, componentConditionType),
  status: required(2, conditionStatus),
  message: optional(3, string),
  error: optional(4, string),
});
export interface ComponentCondition extends Infer<typeof componentCondition> {}

export const componentStatus = message('core/v1.ComponentStatus', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  conditions: optional(2, list(componentCondition), { listType: 'map', keys: ['type'], patch: 'merge', mergeKey: 'type' }),
});
export interface ComponentStatus extends Infer<typeof componentStatus> {}
