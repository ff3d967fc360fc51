/** May they, as an API: the access review family. Source: authorization.k8s.io/v1; kubernetes `pkg/registry/authorization`. */
import type { SubjectAccessReviewSpec, SubjectAccessReviewStatus } from '#kinds/authorization/attributes.ts';
import { localSubjectAccessReviews } from '#kinds/authorization/local-subject-access-review/kind.ts';
import { selfSubjectAccessReviews } from '#kinds/authorization/self-subject-access-review/kind.ts';
import { subjectAccessReviews } from '#kinds/authorization/subject-access-review/kind.ts';
import { type FieldError, invalid, invalidObject } from '#machinery/field-error.ts';
import type { KubeObject } from '#machinery/kind.ts';
import { badRequest } from '#machinery/status.ts';
import type { Authorizer } from '../authorization/authorizer.ts';
import type { Handler, User } from '../call.ts';
import { type Asked, askedRules, attributesOf } from './review-attributes.ts';
import { reviewHandler } from './review-handler.ts';

const GROUP = 'authorization.k8s.io';

/** Handlers by `GROUP/PLURAL`. */
export function accessReviewHandlers(authorizer: Authorizer): [string, Handler][] {
  const status = async (user: User, asked: Asked): Promise<SubjectAccessReviewStatus> => {
    const { verdict, reason, error } = await authorizer.authorize(user, attributesOf(asked));
    return {
      allowed: verdict === 'allow',
      ...(verdict === 'deny' ? { denied: true } : {}),
      ...(reason === '' ? {} : { reason }),
      ...(error === undefined ? {} : { evaluationError: error }),
    };
  };
  return [
    [
      `${GROUP}/subjectaccessreviews`,
      reviewHandler(subjectAccessReviews, async (review) => {
        const { spec } = review;
        refuse('SubjectAccessReview', [...askedRules(spec), ...subjectRules(spec), ...metadataRules(review)]);
        return { ...review, status: await status(subjectOf(spec), spec) };
      }),
    ],
    [
      `${GROUP}/localsubjectaccessreviews`,
      reviewHandler(localSubjectAccessReviews, async (review, { info }) => {
        const { spec } = review;
        const { namespace = info.namespace, ...metadata } = review.metadata;
        const findings = [...askedRules(spec), ...subjectRules(spec)];
        if (hasMetadata(metadata)) findings.push(invalid('metadata', review.metadata, 'must be empty except for namespace'));
        if (spec.resourceAttributes && spec.resourceAttributes.namespace !== namespace) {
          findings.push(invalid('spec.resourceAttributes.namespace', spec.resourceAttributes.namespace ?? '', 'must match metadata.namespace'));
        }
        if (spec.nonResourceAttributes)
          findings.push(invalid('spec.nonResourceAttributes', spec.nonResourceAttributes, 'disallowed on this kind of request'));
        refuse('LocalSubjectAccessReview', findings);
        if (namespace !== info.namespace) throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${info.namespace}`);
        return { ...review, status: await status(subjectOf(spec), spec) };
      }),
    ],
    [
      `${GROUP}/selfsubjectaccessreviews`,
      reviewHandler(selfSubjectAccessReviews, async (review, { user }) => {
        refuse('SelfSubjectAccessReview', [...askedRules(review.spec), ...metadataRules(review)]);
        return { ...review, status: await status(user, review.spec) };
      }),
    ],
  ];
}

/** @throws StatusError Invalid */
function refuse(kind: string, findings: readonly FieldError[]): void {
  if (findings.length > 0) throw invalidObject({ group: GROUP, kind }, '', findings);
}

function subjectOf({ user = '', groups = [], uid, extra }: SubjectAccessReviewSpec): User {
  return { name: user, groups, ...(uid ? { uid } : {}), ...(extra ? { extra: lowerCased(extra) } : {}) };
}

/** Keys of extra are headers where users are impersonated, and so have no case. */
function lowerCased(extra: NonNullable<SubjectAccessReviewSpec['extra']>): NonNullable<User['extra']> {
  return Object.fromEntries(Object.entries(extra).map(([key, values]) => [key.toLowerCase(), values ?? []]));
}

function subjectRules({ user, groups }: SubjectAccessReviewSpec): FieldError[] {
  return user || groups?.length ? [] : [invalid('spec.user', user ?? '', 'at least one of user or group must be specified')];
}

function metadataRules({ metadata }: KubeObject): FieldError[] {
  return hasMetadata(metadata) ? [invalid('metadata', metadata, 'must be empty')] : [];
}

function hasMetadata({ managedFields: _managed, ...metadata }: KubeObject['metadata']): boolean {
  return Object.keys(metadata).length > 0;
}
