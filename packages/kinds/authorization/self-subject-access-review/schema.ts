import type { Infer } from '#machinery/schema.ts';
import { embedded, message, pointer, required } from '#machinery/schema.ts';
import { nonResourceAttributes, resourceAttributes, subjectAccessReviewStatus } from '../attributes.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const selfSubjectAccessReviewSpec = message('authorization/v1.SelfSubjectAccessReviewSpec', {
  resourceAttributes: pointer(1, resourceAttributes),
  nonResourceAttributes: pointer(2, nonResourceAttributes),
});
export interface SelfSubjectAccessReviewSpec extends Infer<typeof selfSubjectAccessReviewSpec> {}

export const selfSubjectAccessReview = message('authorization/v1.SelfSubjectAccessReview', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: required(2, selfSubjectAccessReviewSpec),
  status: embedded(3, subjectAccessReviewStatus),
});
export interface SelfSubjectAccessReview extends Infer<typeof selfSubjectAccessReview> {}
