import type { Stage } from '../pipeline.ts';
import { type Attributes, type Authorizer, denialError } from './authorizer.ts';

/** Lets a call pass when its user may do what it asks for. */
export function authorizationStage(authorizer: Authorizer): Stage {
  return {
    name: 'authorization',
    enter(call) {
      const fieldSelector = call.info.isResource ? call.query.get('fieldSelector') : null;
      const asked: Attributes = fieldSelector === null ? call.info : { ...call.info, fieldSelector };
      const { verdict, reason } = authorizer.authorize(call.user, asked);
      if (verdict !== 'allow') throw denialError(call.user, asked, reason);
      call.authorizationReason = reason;
    },
  };
}
