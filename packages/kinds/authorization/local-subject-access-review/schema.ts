import type { Infer } from '#machinery/schema.ts';
import { embedded, message, required } from '#machinery/schema.ts';
import { subjectAccessReviewSpec, subjectAccessReviewStatus } from '../attributes.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const localSubjectAccessReview = message('authorization/v1.LocalSubjectAccessReview', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: required(2, subjectAccessReviewSpec),
  status: embedded(3, subjectAccessReviewStatus),
});
export interface LocalSubjectAccessReview extends Infer<typeof localSubjectAccessReview> {}
