import { defineKind } from '#machinery/kind.ts';
import { type TokenReview, tokenReview } from './schema.ts';

/** `tokenreviews` of authentication.k8s.io. */
export const tokenReviews = defineKind<TokenReview>({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenReview',
  plural: 'tokenreviews',
  namespaced: false,
  verbs: ['create'],
  virtual: true,
  schema: tokenReview,
});
