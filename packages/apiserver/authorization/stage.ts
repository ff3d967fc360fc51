import type { ActiveCall } from '../active-call.ts';
import type { Stage } from '../pipeline.ts';
import { type Attributes, type Authorizer, type Decision, denialError } from './authorizer.ts';

/** Lets a call pass when its user may do what it asks for. */
export function authorizationStage(authorizer: Authorizer): Stage {
  const decide = (call: ActiveCall, asked: Attributes, decision: Decision): void => {
    if (decision.verdict !== 'allow') throw denialError(call.user, asked, decision);
    call.authorizationReason = decision.reason;
  };
  return {
    name: 'authorization',
    enter(call) {
      const asked = attributesOf(call);
      const decision = authorizer.authorize(call.user, asked);
      if (decision instanceof Promise) return decision.then((made) => decide(call, asked, made));
      return decide(call, asked, decision);
    },
  };
}

/** Verbs whose selectors say which part of a collection is meant. */
const SELECTING: ReadonlySet<string> = new Set(['list', 'watch', 'deletecollection']);

function attributesOf({ info, query }: ActiveCall): Attributes {
  if (!info.isResource || query.size === 0 || !SELECTING.has(info.verb)) return info;
  const fieldSelector = query.get('fieldSelector');
  const labelSelector = query.get('labelSelector');
  if (!fieldSelector && !labelSelector) return info;
  return { ...info, ...(fieldSelector ? { fieldSelector } : {}), ...(labelSelector ? { labelSelector } : {}) };
}
