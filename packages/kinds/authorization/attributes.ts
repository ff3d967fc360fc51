import type { Infer } from '#machinery/schema.ts';
import { bool, list, map, message, optional, pointer, required, string } from '#machinery/schema.ts';
import { fieldSelectorRequirement, labelSelectorRequirement } from '#machinery/meta.ts';

export const fieldSelectorAttributes = message('authorization/v1.FieldSelectorAttributes', {
  rawSelector: optional(1, string),
  requirements: optional(2, list(fieldSelectorRequirement)),
});
export interface FieldSelectorAttributes extends Infer<typeof fieldSelectorAttributes> {}

export const labelSelectorAttributes = message('authorization/v1.LabelSelectorAttributes', {
  rawSelector: optional(1, string),
  requirements: optional(2, list(labelSelectorRequirement)),
});
export interface LabelSelectorAttributes extends Infer<typeof labelSelectorAttributes> {}

export const resourceAttributes = message('authorization/v1.ResourceAttributes', {
  namespace: optional(1, string),
  verb: optional(2, string),
  group: optional(3, string),
  version: optional(4, string),
  resource: optional(5, string),
  subresource: optional(6, string),
  name: optional(7, string),
  fieldSelector: pointer(8, fieldSelectorAttributes),
  labelSelector: pointer(9, labelSelectorAttributes),
});
export interface ResourceAttributes extends Infer<typeof resourceAttributes> {}

export const nonResourceAttributes = message('authorization/v1.NonResourceAttributes', {
  path: optional(1, string),
  verb: optional(2, string),
});
export interface NonResourceAttributes extends Infer<typeof nonResourceAttributes> {}

export const subjectAccessReviewStatus = message('authorization/v1.SubjectAccessReviewStatus', {
  allowed: required(1, bool),
  denied: optional(4, bool),
  reason: optional(2, string),
  evaluationError: optional(3, string),
});
export interface SubjectAccessReviewStatus extends Infer<typeof subjectAccessReviewStatus> {}

export const subjectAccessReviewSpec = message('authorization/v1.SubjectAccessReviewSpec', {
  resourceAttributes: pointer(1, resourceAttributes),
  nonResourceAttributes: pointer(2, nonResourceAttributes),
  user: optional(3, string),
  groups: optional(4, list(string)),
  extra: optional(5, map(list(string), 'ExtraValue')),
  uid: optional(6, string),
});
export interface SubjectAccessReviewSpec extends Infer<typeof subjectAccessReviewSpec> {}
