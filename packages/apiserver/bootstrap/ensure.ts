/** Makes objects that must be there, through the API like everybody else. */
import { createClient } from '#client/api.ts';
import type { Fresh } from '#client/client.ts';
import type { Transport } from '#client/transport.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { isReason } from '#machinery/status.ts';
import type { Caches } from '../call.ts';

/** Creates and mends objects. */
export interface Ensurer {
  /**
   * Creates `wanted` when it is missing; otherwise lets `mend` answer the object as it should be, `undefined` when it is well
   * or `recreate` when it cannot be changed into what it should be.
   */
  ensure<T extends KubeObject>(kind: Kind<T>, wanted: Fresh<T>, mend?: (stored: T) => T | 'recreate' | undefined): Promise<void>;
}

/** Another server may write the same objects at the same time: then look again, this often at most. */
const MAX_ATTEMPTS = 5;

/** Ensures objects as the user of `transport`. */
export function createEnsurer(transport: Transport, caches: Caches, signal: AbortSignal): Ensurer {
  const client = createClient(transport);
  return {
    async ensure(kind, wanted, mend) {
      const { name = '', namespace = '' } = (wanted as Fresh<KubeObject>).metadata ?? {};
      const all = client.of(kind);
      const scoped = namespace ? all.namespace(namespace) : all;
      for (let attempt = 1; ; attempt++) {
        const stored = caches.get(kind, namespace, name);
        const mended = stored && mend?.(stored);
        if (stored && mended === undefined) return;
        try {
          if (mended === 'recreate') await scoped.delete(name, {}, signal);
          if (stored && mended !== undefined && mended !== 'recreate') await scoped.update(mended, {}, signal);
          else await scoped.create(wanted, {}, signal);
          return;
        } catch (error) {
          // What another server has just made may also be in the way by what it holds: an address.
          const taken = !stored && isReason(error, 'Invalid') && caches.get(kind, namespace, name) !== undefined;
          const lost = taken || isReason(error, 'AlreadyExists') || isReason(error, 'Conflict') || isReason(error, 'NotFound');
          if (!lost || attempt === MAX_ATTEMPTS) throw error;
        }
      }
    },
  };
}
