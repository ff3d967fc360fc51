/**
 * Deletes bootstrap tokens that have expired.
 *
 * Source: kube-controller-manager `pkg/controller/bootstrap`, token cleaner.
 */
import type { ControllerEntry } from '#controller/manager.ts';
import { watchSelf } from '#controller/watches.ts';
import { secrets } from '#kinds/core/secret/kind.ts';
import { isReason } from '#machinery/status.ts';
import { BOOTSTRAP_TOKEN_NAMESPACE, BOOTSTRAP_TOKEN_TYPE, expirationMs } from '../bootstrap-signer/bootstrap-token.ts';

/** `token-cleaner-controller`; off unless it is named. */
export const tokenCleanerController: ControllerEntry = {
  name: 'token-cleaner-controller',
  offByDefault: true,
  make({ informers }) {
    const tokens = informers.of(secrets, { namespace: BOOTSTRAP_TOKEN_NAMESPACE, fieldSelector: `type=${BOOTSTRAP_TOKEN_TYPE}` });
    return {
      name: 'token_cleaner',
      watches: [watchSelf(tokens)],
      async reconcile(key, { client, clock, signal }) {
        const secret = tokens.lister.get(key);
        const endMs = secret && expirationMs(secret);
        if (!secret || endMs === undefined) return undefined;
        if (endMs > clock.now()) return { afterMs: endMs - clock.now() };
        const { name = '', uid } = secret.metadata;
        try {
          await client
            .of(secrets)
            .namespace(BOOTSTRAP_TOKEN_NAMESPACE)
            .delete(name, uid ? { preconditions: { uid } } : {}, signal);
        } catch (error) {
          if (!isReason(error, 'NotFound') && !isReason(error, 'Conflict')) throw error;
        }
        return undefined;
      },
    };
  },
};
