/** Who is it, as an API: token reviews, who am I, and what may I do. Source: authentication.k8s.io/v1, authorization.k8s.io/v1. */
import { selfSubjectReviews } from '#kinds/authentication/self-subject-review/kind.ts';
import { tokenReviews } from '#kinds/authentication/token-review/kind.ts';
import type { UserInfo } from '#kinds/authentication/user-info.ts';
import { selfSubjectRulesReviews } from '#kinds/authorization/self-subject-rules-review/kind.ts';
import type { SelfSubjectRulesReview } from '#kinds/authorization/self-subject-rules-review/schema.ts';
import type { TokenReviewStatus } from '#kinds/authentication/token-review/schema.ts';
import { StatusError, badRequest } from '#machinery/status.ts';
import type { Authenticator } from '../authentication/authenticator.ts';
import type { RbacAuthorizer } from '../authorization/rbac-authorizer.ts';
import type { Handler, User } from '../call.ts';
import { reviewHandler } from './review-handler.ts';

/** Handlers by `GROUP/PLURAL`. */
export function identityReviewHandlers(authenticator: Authenticator, rbac: RbacAuthorizer, audiences: readonly string[]): [string, Handler][] {
  return [
    [
      'authentication.k8s.io/tokenreviews',
      reviewHandler(tokenReviews, (review) => {
        const { token = '', audiences: asked = [] } = review.spec;
        if (token === '') throw badRequest('token is required for TokenReview in authentication');
        return { ...review, status: tokenStatus(authenticator, token, asked.length > 0 ? asked : audiences) };
      }),
    ],
    ['authentication.k8s.io/selfsubjectreviews', reviewHandler(selfSubjectReviews, (review, { user }) => ({ ...review, status: { userInfo: userInfo(user) } }))],
    ['authorization.k8s.io/selfsubjectrulesreviews', reviewHandler(selfSubjectRulesReviews, (review, { user }) => ({ ...review, status: rulesStatus(rbac, user, review.spec.namespace ?? '') }))],
  ];
}

function tokenStatus(authenticator: Authenticator, token: string, audiences: readonly string[]): TokenReviewStatus {
  try {
    const identity = authenticator.authenticateToken(token, audiences);
    if (identity) return { authenticated: true, user: userInfo(identity.user), audiences: identity.audiences };
    return { user: {}, error: 'invalid bearer token' };
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return { user: {}, error: error.message };
  }
}

function rulesStatus(rbac: RbacAuthorizer, user: User, namespace: string): SelfSubjectRulesReview['status'] {
  if (namespace === '') throw badRequest('no namespace on request');
  const { rules, errors } = rbac.rulesFor(user, namespace);
  const resourceRules = [];
  const nonResourceRules = [];
  for (const { verbs, apiGroups, resources, resourceNames, nonResourceURLs } of rules) {
    if (resources && resources.length > 0) {
      resourceRules.push({ verbs, ...(apiGroups ? { apiGroups } : {}), resources, ...(resourceNames ? { resourceNames } : {}) });
    }
    if (nonResourceURLs && nonResourceURLs.length > 0) nonResourceRules.push({ verbs, nonResourceURLs });
  }
  // Nodes are authorized by what runs on them too, for which there are no rules to show.
  const incomplete = errors.length > 0 || user.groups.includes('system:nodes');
  return { resourceRules, nonResourceRules, incomplete, ...(errors.length > 0 ? { evaluationError: errors.join(', ') } : {}) };
}

function userInfo(user: User): UserInfo {
  return { username: user.name, ...(user.uid ? { uid: user.uid } : {}), groups: user.groups, ...(user.extra ? { extra: user.extra } : {}) };
}
