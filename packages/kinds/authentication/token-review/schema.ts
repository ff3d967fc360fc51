import type { Infer } from '#machinery/schema.ts';
import { bool, embedded, list, message, optional, required, string } from '#machinery/schema.ts';
import { userInfo } from '../user-info.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const tokenReviewSpec = message('authentication/v1.TokenReviewSpec', {
  token: optional(1, string, { mustBeSet: true }),
  audiences: optional(2, list(string)),
});
export interface TokenReviewSpec extends Infer<typeof tokenReviewSpec> {}

export const tokenReviewStatus = message('authentication/v1.TokenReviewStatus', {
  authenticated: optional(1, bool),
  user: embedded(2, userInfo),
  audiences: optional(4, list(string)),
  error: optional(3, string),
});
export interface TokenReviewStatus extends Infer<typeof tokenReviewStatus> {}

export const tokenReview = message('authentication/v1.TokenReview', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: required(2, tokenReviewSpec),
  status: embedded(3, tokenReviewStatus),
});
export interface TokenReview extends Infer<typeof tokenReview> {}
