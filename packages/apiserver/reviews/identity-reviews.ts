/** Who is it, as an API: token reviews, who am I, and what may I do. Source: authentication.k8s.io/v1, authorization.k8s.io/v1. */
import { selfSubjectReviews } from '#kinds/authentication/self-subject-review/kind.ts';
import { tokenReviews } from '#kinds/authentication/token-review/kind.ts';
import type { UserInfo } from '#kinds/authentication/user-info.ts';
import { selfSubjectRulesReviews } from '#kinds/authorization/self-subject-rules-review/kind.ts';
import type { SelfSubjectRulesReview } from '#kinds/authorization/self-subject-rules-review/schema.ts';
import type { TokenReviewStatus } from '#kinds/authentication/token-review/schema.ts';
import { StatusError, badRequest, internalError } from '#machinery/status.ts';
import type { Authentication } from '../authentication/authenticator.ts';
import type { RuleResolver } from '../authorization/rule-resolver.ts';
import type { Handler, User } from '../call.ts';
import { reviewHandler } from './review-handler.ts';

/** What the handlers ask. */
export interface IdentitySources {
  readonly authenticator: Authentication;
  readonly rules: RuleResolver;
  /** Audiences that the server goes by. */
  readonly audiences: readonly string[];
}

/** Handlers by `GROUP/PLURAL`. */
export function identityReviewHandlers({ authenticator, rules, audiences }: IdentitySources): [string, Handler][] {
  return [
    [
      'authentication.k8s.io/tokenreviews',
      reviewHandler(tokenReviews, async (review) => {
        const { token = '', audiences: asked = [] } = review.spec;
        if (token === '') throw badRequest('token is required for TokenReview in authentication');
        return { ...review, status: await tokenStatus(authenticator, token, asked.length > 0 ? asked : audiences) };
      }),
    ],
    [
      'authentication.k8s.io/selfsubjectreviews',
      reviewHandler(selfSubjectReviews, (review, { user }) => ({ ...review, status: { userInfo: userInfo(user) } })),
    ],
    [
      'authorization.k8s.io/selfsubjectrulesreviews',
      reviewHandler(selfSubjectRulesReviews, (review, { user }) => ({ ...review, status: rulesStatus(rules, user, review.spec.namespace ?? '') })),
    ],
  ];
}

async function tokenStatus(authenticator: Authentication, token: string, audiences: readonly string[]): Promise<TokenReviewStatus> {
  try {
    const identity = await authenticator.authenticateToken(token, audiences);
    if (!identity) return { user: {}, error: 'invalid bearer token' };
    if (!identity.audiences.some((one) => audiences.includes(one)))
      throw internalError(new Error(`error validating audiences, want=${JSON.stringify(audiences)} got=${JSON.stringify(identity.audiences)}`));
    return { authenticated: true, user: userInfo(identity.user), audiences: identity.audiences };
  } catch (error) {
    if (!(error instanceof StatusError) || error.reason !== 'Unauthorized') throw error;
    return { user: {}, error: error.message };
  }
}

function rulesStatus(resolver: RuleResolver, user: User, namespace: string): SelfSubjectRulesReview['status'] {
  if (namespace === '') throw badRequest('no namespace on request');
  const { rules, errors, incomplete } = resolver.rulesFor(user, namespace);
  const resourceRules = [];
  const nonResourceRules = [];
  for (const { verbs, apiGroups, resources, resourceNames, nonResourceURLs } of rules) {
    if (resources && resources.length > 0) {
      resourceRules.push({ verbs, ...(apiGroups ? { apiGroups } : {}), resources, ...(resourceNames ? { resourceNames } : {}) });
    }
    if (nonResourceURLs && nonResourceURLs.length > 0) nonResourceRules.push({ verbs, nonResourceURLs });
  }
  return {
    resourceRules,
    nonResourceRules,
    incomplete,
    ...(errors.length > 0 ? { evaluationError: errors.length === 1 ? errors[0]! : `[${errors.join(', ')}]` } : {}),
  };
}

function userInfo(user: User): UserInfo {
  return { username: user.name, ...(user.uid ? { uid: user.uid } : {}), groups: user.groups, ...(user.extra ? { extra: user.extra } : {}) };
}
