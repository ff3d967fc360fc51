import { defineKind } from '#machinery/kind.ts';
import { type LocalSubjectAccessReview, localSubjectAccessReview } from './schema.ts';

/** `localsubjectaccessreviews` of authorization.k8s.io. */
export const localSubjectAccessReviews = defineKind<LocalSubjectAccessReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'LocalSubjectAccessReview',
  plural: 'localsubjectaccessreviews',
  namespaced: true,
  verbs: ['create'],
  virtual: true,
  schema: localSubjectAccessReview,
});
