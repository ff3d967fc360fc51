import type { Infer } from '#machinery/schema.ts';
import { embedded, list, map, message, oneOf, optional, pointer, quantity, required, string } from '#machinery/schema.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const resourceQuotaScope = oneOf(
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'PriorityClass',
  'CrossNamespacePodAffinity',
  'VolumeAttributesClass',
);

export const scopeSelectorOperator = oneOf('In', 'NotIn', 'Exists', 'DoesNotExist');

export const scopedResourceSelectorRequirement = message('core/v1.ScopedResourceSelectorRequirement', {
  scopeName: required(1, resourceQuotaScope),
  operator: required(2, scopeSelectorOperator),
  values: optional(3, list(string)),
});
export interface ScopedResourceSelectorRequirement extends Infer<typeof scopedResourceSelectorRequirement> {}

export const scopeSelector = message(
  'core/v1.ScopeSelector',
  {
    matchExpressions: optional(1, list(scopedResourceSelectorRequirement)),
  },
  'atomic',
);
export interface ScopeSelector extends Infer<typeof scopeSelector> {}

export const resourceQuotaSpec = message('core/v1.ResourceQuotaSpec', {
  hard: optional(1, map(quantity)),
  scopes: optional(2, list(resourceQuotaScope)),
  scopeSelector: pointer(3, scopeSelector),
});
export interface ResourceQuotaSpec extends Infer<typeof resourceQuotaSpec> {}

export const resourceQuotaStatus = message('core/v1.ResourceQuotaStatus', {
  hard: optional(1, map(quantity)),
  used: optional(2, map(quantity)),
});
export interface ResourceQuotaStatus extends Infer<typeof resourceQuotaStatus> {}

export const resourceQuota = message('core/v1.ResourceQuota', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: embedded(2, resourceQuotaSpec),
  status: embedded(3, resourceQuotaStatus),
});
export interface ResourceQuota extends Infer<typeof resourceQuota> {}
