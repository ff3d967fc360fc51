import type { Infer } from '#machinery/schema.ts';
import { list, message, optional, required, string } from '#machinery/schema.ts';

export const policyRule = message('rbac/v1.PolicyRule', {
  verbs: required(1, list(string)),
  apiGroups: optional(2, list(string)),
  resources: optional(3, list(string)),
  resourceNames: optional(4, list(string)),
  nonResourceURLs: optional(5, list(string)),
});
export interface PolicyRule extends Infer<typeof policyRule> {}

export const subject = message(
  'rbac/v1.Subject',
  {
    kind: required(1, string),
    apiGroup: optional(2, string),
    name: required(3, string),
    namespace: optional(4, string),
  },
  'atomic',
);
export interface Subject extends Infer<typeof subject> {}

export const roleRef = message(
  'rbac/v1.RoleRef',
  {
    apiGroup: required(1, string, { notRequired: true }),
    kind: required(2, string),
    name: required(3, string),
  },
  'atomic',
);
export interface RoleRef extends Infer<typeof roleRef> {}
