/** May they, as an API: the access review family. Source: authorization.k8s.io/v1. */
import type { ResourceAttributes, SubjectAccessReviewSpec, SubjectAccessReviewStatus } from '#kinds/authorization/attributes.ts';
import { localSubjectAccessReviews } from '#kinds/authorization/local-subject-access-review/kind.ts';
import { selfSubjectAccessReviews } from '#kinds/authorization/self-subject-access-review/kind.ts';
import { subjectAccessReviews } from '#kinds/authorization/subject-access-review/kind.ts';
import { StatusError, badRequest } from '#machinery/status.ts';
import { type Attributes, type Authorizer, resourceAttributes } from '../authorization/authorizer.ts';
import type { Handler, User } from '../call.ts';
import { reviewHandler } from './review-handler.ts';

type Asked = Pick<SubjectAccessReviewSpec, 'resourceAttributes' | 'nonResourceAttributes'>;

/** Handlers by `GROUP/PLURAL`. */
export function accessReviewHandlers(authorizer: Authorizer): [string, Handler][] {
  const status = (user: User, asked: Asked): SubjectAccessReviewStatus => {
    const { verdict, reason } = authorizer.authorize(user, attributesOf(asked));
    return { allowed: verdict === 'allow', ...(verdict === 'deny' ? { denied: true } : {}), ...(reason === '' ? {} : { reason }) };
  };
  return [
    [
      'authorization.k8s.io/subjectaccessreviews',
      reviewHandler(subjectAccessReviews, (review) => {
        checkAttributes('SubjectAccessReview', review.spec);
        return { ...review, status: status(subjectOf('SubjectAccessReview', review.spec), review.spec) };
      }),
    ],
    [
      'authorization.k8s.io/localsubjectaccessreviews',
      reviewHandler(localSubjectAccessReviews, (review, { info }) => {
        checkAttributes('LocalSubjectAccessReview', review.spec);
        if (!review.spec.resourceAttributes || review.spec.nonResourceAttributes) throw invalid('LocalSubjectAccessReview', 'spec.resourceAttributes', 'disallowed on this kind of request');
        const namespace = review.spec.resourceAttributes.namespace ?? '';
        if (namespace !== info.namespace) throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${info.namespace}`);
        return { ...review, status: status(subjectOf('LocalSubjectAccessReview', review.spec), review.spec) };
      }),
    ],
    [
      'authorization.k8s.io/selfsubjectaccessreviews',
      reviewHandler(selfSubjectAccessReviews, (review, { user }) => {
        checkAttributes('SelfSubjectAccessReview', review.spec);
        return { ...review, status: status(user, review.spec) };
      }),
    ],
  ];
}

function subjectOf(kind: string, spec: SubjectAccessReviewSpec): User {
  const name = spec.user ?? '';
  const groups = spec.groups ?? [];
  if (name === '' && groups.length === 0) throw invalid(kind, 'spec.user', 'at least one of user or group must be specified');
  return { name, groups, ...(spec.uid ? { uid: spec.uid } : {}), ...(spec.extra ? { extra: spec.extra } : {}) };
}

function checkAttributes(kind: string, asked: Asked): void {
  const both = asked.resourceAttributes && asked.nonResourceAttributes;
  if (both) throw invalid(kind, 'spec.nonResourceAttributes', 'cannot be specified in combination with resourceAttributes');
  if (!asked.resourceAttributes && !asked.nonResourceAttributes) throw invalid(kind, 'spec.resourceAttributes', 'exactly one of nonResourceAttributes or resourceAttributes must be specified');
}

function invalid(kind: string, field: string, why: string): StatusError {
  const message = `Invalid value: null: ${why}`;
  return new StatusError({
    code: 422,
    reason: 'Invalid',
    message: `${kind}.authorization.k8s.io "" is invalid: ${field}: ${message}`,
    details: { group: 'authorization.k8s.io', kind, causes: [{ reason: 'FieldValueInvalid', message, field }] },
  });
}

function attributesOf(asked: Asked): Attributes {
  const resource = asked.resourceAttributes;
  if (!resource) {
    const { path = '', verb = '' } = asked.nonResourceAttributes ?? {};
    return { ...resourceAttributes({ verb, resource: '' }), isResource: false, path };
  }
  const fieldSelector = fieldSelectorText(resource);
  return {
    ...resourceAttributes({
      verb: resource.verb ?? '',
      resource: resource.resource ?? '',
      group: resource.group ?? '',
      version: resource.version ?? '',
      namespace: resource.namespace ?? '',
      subresource: resource.subresource ?? '',
      name: resource.name ?? '',
    }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
}

/** Single-valued `In` requirements as selector text: the only form that widens what a user may see. */
function fieldSelectorText({ fieldSelector }: ResourceAttributes): string | undefined {
  if (!fieldSelector) return undefined;
  if (fieldSelector.rawSelector) return fieldSelector.rawSelector;
  const terms = (fieldSelector.requirements ?? []).filter(({ operator, values }) => operator === 'In' && values?.length === 1);
  return terms.map(({ key, values }) => `${key}=${values![0]}`).join(',');
}
