import type { Infer } from '#machinery/schema.ts';
import { bool, embedded, list, message, optional, required, string } from '#machinery/schema.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const selfSubjectRulesReviewSpec = message('authorization/v1.SelfSubjectRulesReviewSpec', {
  namespace: optional(1, string),
});
export interface SelfSubjectRulesReviewSpec extends Infer<typeof selfSubjectRulesReviewSpec> {}

export const resourceRule = message('authorization/v1.ResourceRule', {
  verbs: required(1, list(string)),
  apiGroups: optional(2, list(string)),
  resources: optional(3, list(string)),
  resourceNames: optional(4, list(string)),
});
export interface ResourceRule extends Infer<typeof resourceRule> {}

export const nonResourceRule = message('authorization/v1.NonResourceRule', {
  verbs: required(1, list(string)),
  nonResourceURLs: optional(2, list(string)),
});
export interface NonResourceRule extends Infer<typeof nonResourceRule> {}

export const subjectRulesReviewStatus = message('authorization/v1.SubjectRulesReviewStatus', {
  resourceRules: required(1, list(resourceRule)),
  nonResourceRules: required(2, list(nonResourceRule)),
  incomplete: required(3, bool),
  evaluationError: optional(4, string),
});
export interface SubjectRulesReviewStatus extends Infer<typeof subjectRulesReviewStatus> {}

export const selfSubjectRulesReview = message('authorization/v1.SelfSubjectRulesReview', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: required(2, selfSubjectRulesReviewSpec),
  status: embedded(3, subjectRulesReviewStatus),
});
export interface SelfSubjectRulesReview extends Infer<typeof selfSubjectRulesReview> {}
