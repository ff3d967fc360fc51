/**
 * Keeps a ServiceAccount named `default` in every namespace.
 *
 * Source: kube-controller-manager `pkg/controller/serviceaccount`, serviceaccounts controller.
 */
import { isNamespaceTerminating } from '#controller/errors.ts';
import type { ControllerEntry } from '#controller/manager.ts';
import { watch, watchSelf } from '#controller/watches.ts';
import { namespaces } from '#kinds/core/namespace/kind.ts';
import { serviceAccounts } from '#kinds/core/service-account/kind.ts';
import { isReason } from '#machinery/status.ts';

/** The account of pods that name none. */
const DEFAULT_ACCOUNT = 'default';

/** `serviceaccount-controller`. */
export const serviceAccountController: ControllerEntry = {
  name: 'serviceaccount-controller',
  make({ informers }) {
    const spaces = informers.of(namespaces);
    const accounts = informers.of(serviceAccounts);
    return {
      name: 'serviceaccount',
      watches: [
        watchSelf(spaces),
        watch(accounts, ({ metadata }) => (metadata.name === DEFAULT_ACCOUNT ? [metadata.namespace ?? ''] : []), { changed: () => false }),
      ],
      async reconcile(key, { client, signal }) {
        const namespace = spaces.lister.get(key);
        if (!namespace || namespace.metadata.deletionTimestamp || namespace.status.phase === 'Terminating') return;
        if (accounts.lister.get(`${key}/${DEFAULT_ACCOUNT}`)) return;
        try {
          await client
            .of(serviceAccounts)
            .namespace(key)
            .create({ metadata: { name: DEFAULT_ACCOUNT, namespace: key } }, {}, signal);
        } catch (error) {
          if (!isReason(error, 'AlreadyExists') && !isNamespaceTerminating(error)) throw error;
        }
      },
    };
  },
};
