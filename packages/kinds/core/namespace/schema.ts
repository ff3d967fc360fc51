import type { Infer } from '#machinery/schema.ts';
import { anyOf, embedded, list, message, oneOf, optional, required, string, time } from '#machinery/schema.ts';
import { conditionStatus } from '../persistent-volume-claim/schema.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const finalizerName = anyOf('kubernetes');

export const namespaceSpec = message('core/v1.NamespaceSpec', {
  finalizers: optional(1, list(finalizerName)),
});
export interface NamespaceSpec extends Infer<typeof namespaceSpec> {}

export const namespacePhase = oneOf('Active', 'Terminating');

export const namespaceConditionType = anyOf(
  'NamespaceDeletionDiscoveryFailure',
  'NamespaceDeletionContentFailure',
  'NamespaceDeletionGroupVersionParsingFailure',
  'NamespaceContentRemaining',
  'NamespaceFinalizersRemaining',
);

export const namespaceCondition = message('core/v1.NamespaceCondition', {
  type: required(1, namespaceConditionType),
  status: required(2, conditionStatus),
  lastTransitionTime: optional(4, time),
  reason: optional(5, string),
  message: optional(6, string),
});
export interface NamespaceCondition extends Infer<typeof namespaceCondition> {}

export const namespaceStatus = message('core/v1.NamespaceStatus', {
  phase: optional(1, namespacePhase),
  conditions: optional(2, list(namespaceCondition), { listType: 'map', keys: ['type'], patch: 'merge', mergeKey: 'type' }),
});
export interface NamespaceStatus extends Infer<typeof namespaceStatus> {}

export const namespace = message('core/v1.Namespace', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: embedded(2, namespaceSpec),
  status: embedded(3, namespaceStatus),
});
export interface Namespace extends Infer<typeof namespace> {}
