import { defineKind } from '#machinery/kind.ts';
import { type SelfSubjectRulesReview, selfSubjectRulesReview } from './schema.ts';

/** `selfsubjectrulesreviews` of authorization.k8s.io. */
export const selfSubjectRulesReviews = defineKind<SelfSubjectRulesReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectRulesReview',
  plural: 'selfsubjectrulesreviews',
  namespaced: false,
  verbs: ['create'],
  virtual: true,
  schema: selfSubjectRulesReview,
});
