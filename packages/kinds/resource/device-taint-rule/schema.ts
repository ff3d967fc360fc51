import type { Infer } from '#machinery/schema.ts';
import { embedded, list, message, optional, pointer, required, string } from '#machinery/schema.ts';
import { condition, objectMeta, typeMeta } from '#machinery/meta.ts';
import { deviceTaint } from '../shared.ts';

export const deviceTaintSelector = message('resource/v1beta2.DeviceTaintSelector', {
  driver: pointer(2, string),
  pool: pointer(3, string),
  device: pointer(4, string),
});
export interface DeviceTaintSelector extends Infer<typeof deviceTaintSelector> {}

export const deviceTaintRuleSpec = message('resource/v1beta2.DeviceTaintRuleSpec', {
  deviceSelector: pointer(1, deviceTaintSelector),
  taint: embedded(2, deviceTaint, { mustBeSet: true }),
});
export interface DeviceTaintRuleSpec extends Infer<typeof deviceTaintRuleSpec> {}

export const deviceTaintRuleStatus = message('resource/v1beta2.DeviceTaintRuleStatus', {
  conditions: optional(1, list(condition), { listType: 'map', keys: ['type'], patch: 'merge', mergeKey: 'type' }),
});
export interface DeviceTaintRuleStatus extends Infer<typeof deviceTaintRuleStatus> {}

export const deviceTaintRule = message('resource/v1beta2.DeviceTaintRule', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: required(2, deviceTaintRuleSpec),
  status: embedded(3, deviceTaintRuleStatus),
});
export interface DeviceTaintRule extends Infer<typeof deviceTaintRule> {}
