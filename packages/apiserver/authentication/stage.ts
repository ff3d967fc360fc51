import type { Clock } from '#base/clock.ts';
import type { ActiveCall } from '../active-call.ts';
import type { User } from '../call.ts';
import type { IdentityMetrics } from '../endpoints/identity-metrics.ts';
import type { Stage } from '../pipeline.ts';
import type { Authentication } from './authenticator.ts';

/** Finds out who asks; calls from this process already say so. */
export function authenticationStage(authenticator: Authentication, metrics: IdentityMetrics, clock: Clock): Stage {
  const found = (call: ActiveCall, user: User, sinceMs: number): void => {
    call.user = user;
    metrics.authenticated('success', (clock.monotonicMs() - sinceMs) / 1000, user);
  };
  const refused = (call: ActiveCall, sinceMs: number): void => metrics.authenticated(call.header('authorization') === undefined ? 'failure' : 'error', (clock.monotonicMs() - sinceMs) / 1000);
  return {
    name: 'authentication',
    enter(call) {
      if (!call.exchange) return undefined;
      const sinceMs = clock.monotonicMs();
      try {
        const user = authenticator.authenticate(call.exchange, call.info.path, (text) => call.warn(text));
        if (!(user instanceof Promise)) return found(call, user, sinceMs);
        return user.then(
          (made) => found(call, made, sinceMs),
          (error: unknown) => {
            refused(call, sinceMs);
            throw error;
          },
        );
      } catch (error) {
        refused(call, sinceMs);
        throw error;
      }
    },
  };
}
