import type { Clock } from '#base/clock.ts';
import type { ActiveCall } from '../active-call.ts';
import type { IdentityMetrics } from '../endpoints/identity-metrics.ts';
import type { Stage } from '../pipeline.ts';
import { type Attributes, type Authorizer, type Decision, denialError } from './authorizer.ts';

/** Lets a call pass when its user may do what it asks for. */
export function authorizationStage(authorizer: Authorizer, metrics: IdentityMetrics, clock: Clock): Stage {
  const decide = (call: ActiveCall, asked: Attributes, decision: Decision, sinceMs: number): void => {
    if (call.exchange) metrics.authorized(RESULTS[decision.verdict], (clock.monotonicMs() - sinceMs) / 1000);
    if (decision.verdict !== 'allow') throw denialError(call.user, asked, decision);
    call.authorizationReason = decision.reason;
  };
  return {
    name: 'authorization',
    enter(call) {
      const asked = attributesOf(call);
      const sinceMs = clock.monotonicMs();
      const decision = authorizer.authorize(call.user, asked);
      if (decision instanceof Promise) return decision.then((made) => decide(call, asked, made, sinceMs));
      return decide(call, asked, decision, sinceMs);
    },
  };
}

const RESULTS = { allow: 'allowed', deny: 'denied', none: 'no-opinion' } as const;

/** Verbs whose selectors say which part of a collection is meant. */
const SELECTING: ReadonlySet<string> = new Set(['list', 'watch', 'deletecollection']);

function attributesOf({ info, query }: ActiveCall): Attributes {
  if (!info.isResource || query.size === 0 || !SELECTING.has(info.verb)) return info;
  const fieldSelector = query.get('fieldSelector');
  const labelSelector = query.get('labelSelector');
  if (!fieldSelector && !labelSelector) return info;
  return { ...info, ...(fieldSelector ? { fieldSelector } : {}), ...(labelSelector ? { labelSelector } : {}) };
}
