import type { Infer } from '#machinery/schema.ts';
import { embedded, message } from '#machinery/schema.ts';
import { userInfo } from '../user-info.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const selfSubjectReviewStatus = message('authentication/v1.SelfSubjectReviewStatus', {
  userInfo: embedded(1, userInfo),
});
export interface SelfSubjectReviewStatus extends Infer<typeof selfSubjectReviewStatus> {}

export const selfSubjectReview = message('authentication/v1.SelfSubjectReview', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  status: embedded(2, selfSubjectReviewStatus),
});
export interface SelfSubjectReview extends Infer<typeof selfSubjectReview> {}
