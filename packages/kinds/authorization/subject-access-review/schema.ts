import type { Infer } from '#machinery/schema.ts';
import { embedded, message, required } from '#machinery/schema.ts';
import { subjectAccessReviewSpec, subjectAccessReviewStatus } from '../attributes.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const subjectAccessReview = message('authorization/v1.SubjectAccessReview', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: required(2, subjectAccessReviewSpec),
  status: embedded(3, subjectAccessReviewStatus),
});
export interface SubjectAccessReview extends Infer<typeof subjectAccessReview> {}
