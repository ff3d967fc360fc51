import type { Infer } from '#machinery/schema.ts';
import { embedded, list, message, optional, pointer, required } from '#machinery/schema.ts';
import { policyRule } from '../rules.ts';
import { labelSelector, objectMeta, typeMeta } from '#machinery/meta.ts';

export const aggregationRule = message('rbac/v1.AggregationRule', {
  clusterRoleSelectors: optional(1, list(labelSelector)),
});
export interface AggregationRule extends Infer<typeof aggregationRule> {}

export const clusterRole = message('rbac/v1.ClusterRole', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  rules: required(2, list(policyRule), { notRequired: true }),
  aggregationRule: pointer(3, aggregationRule),
});
export interface ClusterRole extends Infer<typeof clusterRole> {}
