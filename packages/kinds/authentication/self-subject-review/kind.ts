import { defineKind } from '#machinery/kind.ts';
import { type SelfSubjectReview, selfSubjectReview } from './schema.ts';

/** `selfsubjectreviews` of authentication.k8s.io. */
export const selfSubjectReviews = defineKind<SelfSubjectReview>({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectReview',
  plural: 'selfsubjectreviews',
  namespaced: false,
  verbs: ['create'],
  virtual: true,
  schema: selfSubjectReview,
});
