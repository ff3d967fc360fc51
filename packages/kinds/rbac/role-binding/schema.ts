import type { Infer } from '#machinery/schema.ts';
import { embedded, list, message, optional, required } from '#machinery/schema.ts';
import { roleRef, subject } from '../rules.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const roleBinding = message('rbac/v1.RoleBinding', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  subjects: optional(2, list(subject)),
  roleRef: required(3, roleRef),
});
export interface RoleBinding extends Infer<typeof roleBinding> {}
