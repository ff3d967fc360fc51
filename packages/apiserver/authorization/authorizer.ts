/** May they: the question, the answers, and the chain of authorizers. Source: apiserver `authorization/authorizer`. */
import { StatusError, forbidden } from '#machinery/status.ts';
import type { RequestInfo, User } from '../call.ts';

/** What is asked for. A `RequestInfo` is one. */
export type Attributes = Pick<RequestInfo, 'isResource' | 'path' | 'verb' | 'group' | 'version' | 'namespace' | 'resource' | 'subresource' | 'name'> & {
  /** Text of the field selector, for authorizers that let a user see a part of a list. */
  readonly fieldSelector?: string;
};

/** An answer. `none`: this authorizer has no opinion. */
export interface Decision {
  readonly verdict: 'allow' | 'deny' | 'none';
  readonly reason: string;
}

/** Answers from memory, at once. */
export interface Authorizer {
  authorize(user: User, asked: Attributes): Decision;
}

/** No opinion and nothing to say. */
export const NO_OPINION: Decision = { verdict: 'none', reason: '' };

const MASTERS: Decision = { verdict: 'allow', reason: '' };

/** Lets members of system:masters do everything. */
export const mastersAuthorizer: Authorizer = {
  authorize: (user) => (user.groups.includes('system:masters') ? MASTERS : NO_OPINION),
};

/** Asks each in turn: the first that allows or denies decides; reasons of those without opinion are joined. */
export function authorizerChain(authorizers: readonly Authorizer[]): Authorizer {
  return {
    authorize(user, asked) {
      let reason = '';
      for (const authorizer of authorizers) {
        const decision = authorizer.authorize(user, asked);
        if (decision.verdict !== 'none') return decision;
        if (decision.reason !== '') reason = reason === '' ? decision.reason : `${reason}\n${decision.reason}`;
      }
      return reason === '' ? NO_OPINION : { verdict: 'none', reason };
    },
  };
}

/** Attributes of a question about a resource; what is left out is empty. */
export function resourceAttributes(asked: Partial<Attributes> & Pick<Attributes, 'verb' | 'resource'>): Attributes {
  return { isResource: true, path: '', group: '', version: '', namespace: '', subresource: '', name: '', ...asked };
}

/** The words of a refusal. */
export function denialMessage(user: User, asked: Attributes): string {
  const who = `User ${JSON.stringify(user.name)} cannot ${asked.verb}`;
  if (!asked.isResource) return `${who} path ${JSON.stringify(asked.path)}`;
  const resource = asked.subresource === '' ? asked.resource : `${asked.resource}/${asked.subresource}`;
  const where = asked.namespace === '' ? ' at the cluster scope' : ` in the namespace ${JSON.stringify(asked.namespace)}`;
  return `${who} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(asked.group)}${where}`;
}

/** The error of a refusal. */
export function denialError(user: User, asked: Attributes, reason: string): StatusError {
  const message = denialMessage(user, asked);
  const why = reason === '' ? message : `${message}: ${reason}`;
  if (!asked.isResource) return new StatusError({ code: 403, reason: 'Forbidden', message: `forbidden: ${why}`, details: {} });
  return forbidden({ group: asked.group, resource: asked.resource }, asked.name, why);
}
