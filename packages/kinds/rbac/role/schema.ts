import type { Infer } from '#machinery/schema.ts';
import { embedded, list, message, required } from '#machinery/schema.ts';
import { policyRule } from '../rules.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const role = message('rbac/v1.Role', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  rules: required(2, list(policyRule), { notRequired: true }),
});
export interface Role extends Infer<typeof role> {}
