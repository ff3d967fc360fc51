import type { Infer } from '#machinery/schema.ts';
import { anyOf, embedded, int32, list, message, optional, pointer, required, string, time } from '#machinery/schema.ts';
import { conditionStatus } from '../flow-schema/schema.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const priorityLevelEnablement = anyOf('Exempt', 'Limited');

export const limitResponseType = anyOf('Queue', 'Reject');

export const queuingConfiguration = message('flowcontrol/v1.QueuingConfiguration', {
  queues: required(1, int32, { notRequired: true }),
  handSize: required(2, int32, { notRequired: true }),
  queueLengthLimit: required(3, int32, { notRequired: true }),
});
export interface QueuingConfiguration extends Infer<typeof queuingConfiguration> {}

export const limitResponse = message('flowcontrol/v1.LimitResponse', {
  type: required(1, limitResponseType),
  queuing: pointer(2, queuingConfiguration),
});
export interface LimitResponse extends Infer<typeof limitResponse> {}

export const limitedPriorityLevelConfiguration = message('flowcontrol/v1.LimitedPriorityLevelConfiguration', {
  nominalConcurrencyShares: pointer(1, int32, { nullable: true }),
  limitResponse: embedded(2, limitResponse),
  lendablePercent: pointer(3, int32),
  borrowingLimitPercent: pointer(4, int32),
});
export interface LimitedPriorityLevelConfiguration extends Infer<typeof limitedPriorityLevelConfiguration> {}

export const exemptPriorityLevelConfiguration = message('flowcontrol/v1.ExemptPriorityLevelConfiguration', {
  nominalConcurrencyShares: pointer(1, int32),
  lendablePercent: pointer(2, int32),
});
export interface ExemptPriorityLevelConfiguration extends Infer<typeof exemptPriorityLevelConfiguration> {}

export const priorityLevelConfigurationSpec = message('flowcontrol/v1.PriorityLevelConfigurationSpec', {
  type: required(1, priorityLevelEnablement),
  limited: pointer(2, limitedPriorityLevelConfiguration),
  exempt: pointer(3, exemptPriorityLevelConfiguration),
});
export interface PriorityLevelConfigurationSpec extends Infer<typeof priorityLevelConfigurationSpec> {}

export const priorityLevelConfigurationCondition = message('flowcontrol/v1.PriorityLevelConfigurationCondition', {
  type: optional(1, string),
  status: optional(2, conditionStatus),
  lastTransitionTime: optional(3, time),
  reason: optional(4, string),
  message: optional(5, string),
});
export interface PriorityLevelConfigurationCondition extends Infer<typeof priorityLevelConfigurationCondition> {}

export const priorityLevelConfigurationStatus = message('flowcontrol/v1.PriorityLevelConfigurationStatus', {
  conditions: optional(1, list(priorityLevelConfigurationCondition), { listType: 'map', keys: ['type'], patch: 'merge', mergeKey: 'type' }),
});
export interface PriorityLevelConfigurationStatus extends Infer<typeof priorityLevelConfigurationStatus> {}

export const priorityLevelConfiguration = message('flowcontrol/v1.PriorityLevelConfiguration', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: embedded(2, priorityLevelConfigurationSpec),
  status: embedded(3, priorityLevelConfigurationStatus),
});
export interface PriorityLevelConfiguration extends Infer<typeof priorityLevelConfiguration> {}
