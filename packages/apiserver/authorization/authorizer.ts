/** May they: the question, the answers, and the chain of authorizers. Source: apiserver `authorization/authorizer`. */
import { StatusError, forbidden } from '#machinery/status.ts';
import type { RequestInfo, User } from '../call.ts';

/** What is asked for. A `RequestInfo` is one. */
export type Attributes = Pick<
  RequestInfo,
  'isResource' | 'path' | 'verb' | 'group' | 'version' | 'namespace' | 'resource' | 'subresource' | 'name'
> & {
  /** Text of the field selector, for authorizers that let a user see a part of a list. */
  readonly fieldSelector?: string;
  /** Text of the label selector, likewise. */
  readonly labelSelector?: string;
};

/** An answer. `none`: this authorizer has no opinion. */
export interface Decision {
  readonly verdict: 'allow' | 'deny' | 'none';
  readonly reason: string;
  /** What kept an authorizer from knowing. */
  readonly error?: string;
}

/** Answers at once from memory; with a promise when it has to ask elsewhere. */
export interface Authorizer {
  authorize(user: User, asked: Attributes): Decision | Promise<Decision>;
}

/** No opinion and nothing to say. */
export const NO_OPINION: Decision = { verdict: 'none', reason: '' };

const MASTERS: Decision = { verdict: 'allow', reason: '' };

/** Lets members of system:masters do everything. */
export const mastersAuthorizer: Authorizer = {
  authorize: (user) => (user.groups.includes('system:masters') ? MASTERS : NO_OPINION),
};

/** Lets everybody do everything. */
export const allowAllAuthorizer: Authorizer = { authorize: () => MASTERS };

/** Lets nobody do anything. */
export const denyAllAuthorizer: Authorizer = { authorize: () => ({ verdict: 'none', reason: 'Everything is forbidden.' }) };

/** Asks each in turn: the first that allows or denies decides; reasons of those without opinion are joined. */
export function authorizerChain(authorizers: readonly Authorizer[]): Authorizer {
  const from = (user: User, asked: Attributes, first: number, before: Decision): Decision | Promise<Decision> => {
    let undecided = before;
    for (let index = first; index < authorizers.length; index++) {
      const decision = authorizers[index]!.authorize(user, asked);
      if (decision instanceof Promise) {
        const known = undecided;
        return decision.then((made) => (made.verdict === 'none' ? from(user, asked, index + 1, both(known, made)) : made));
      }
      if (decision.verdict !== 'none') return decision;
      undecided = both(undecided, decision);
    }
    return undecided;
  };
  return { authorize: (user, asked) => from(user, asked, 0, NO_OPINION) };
}

function both(before: Decision, next: Decision): Decision {
  if (before.reason === '' && before.error === undefined) return next;
  if (next.reason === '' && next.error === undefined) return before;
  const errors = [before.error, next.error].filter((error) => error !== undefined);
  const reason = [before.reason, next.reason].filter((text) => text !== '').join('\n');
  return { verdict: 'none', reason, ...(errors.length > 0 ? { error: errors.length === 1 ? errors[0]! : `[${errors.join(', ')}]` } : {}) };
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

/** The error of a decision that does not allow. */
export function denialError(user: User, asked: Attributes, { reason, error }: Pick<Decision, 'reason' | 'error'>): StatusError {
  if (error !== undefined)
    return new StatusError({
      code: 500,
      reason: 'InternalError',
      message: `Internal Server Error: ${JSON.stringify(asked.path)}: ${error}`,
      details: { causes: [{ message: error }] },
    });
  const message = denialMessage(user, asked);
  const why = reason === '' ? message : `${message}: ${reason}`;
  if (!asked.isResource) return new StatusError({ code: 403, reason: 'Forbidden', message: `forbidden: ${why}`, details: {} });
  return forbidden({ group: asked.group, resource: asked.resource }, asked.name, why);
}
