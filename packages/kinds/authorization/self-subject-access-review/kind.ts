import { defineKind } from '#machinery/kind.ts';
import { type SelfSubjectAccessReview, selfSubjectAccessReview } from './schema.ts';

/** `selfsubjectaccessreviews` of authorization.k8s.io. */
export const selfSubjectAccessReviews = defineKind<SelfSubjectAccessReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectAccessReview',
  plural: 'selfsubjectaccessreviews',
  namespaced: false,
  verbs: ['create'],
  virtual: true,
  schema: selfSubjectAccessReview,
});
