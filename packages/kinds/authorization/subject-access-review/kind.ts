import { defineKind } from '#machinery/kind.ts';
import { type SubjectAccessReview, subjectAccessReview } from './schema.ts';

/** `subjectaccessreviews` of authorization.k8s.io. */
export const subjectAccessReviews = defineKind<SubjectAccessReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SubjectAccessReview',
  plural: 'subjectaccessreviews',
  namespaced: false,
  verbs: ['create'],
  virtual: true,
  schema: subjectAccessReview,
});
