import type { Stage } from '../pipeline.ts';
import type { Authentication } from './authenticator.ts';

/** Finds out who asks; calls from this process already say so. */
export function authenticationStage(authenticator: Authentication): Stage {
  return {
    name: 'authentication',
    enter(call) {
      if (!call.exchange) return undefined;
      const user = authenticator.authenticate(call.exchange, call.info.path, (text) => call.warn(text));
      if (user instanceof Promise) {
        return user.then((found) => {
          call.user = found;
        });
      }
      call.user = user;
      return undefined;
    },
  };
}
