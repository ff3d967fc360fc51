/**
 * Signs the kubeconfig in ConfigMap `kube-public/cluster-info` with every bootstrap token.
 *
 * Source: kube-controller-manager `pkg/controller/bootstrap`, bootstrap signer.
 */
import type { ControllerEntry } from '#controller/manager.ts';
import { watch } from '#controller/watches.ts';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import { secrets } from '#kinds/core/secret/kind.ts';
import { BOOTSTRAP_TOKEN_NAMESPACE, BOOTSTRAP_TOKEN_TYPE, expirationMs, signingToken } from './bootstrap-token.ts';
import { signedData } from './signature.ts';

const NAMESPACE = 'kube-public';
const NAME = 'cluster-info';
const KEY = `${NAMESPACE}/${NAME}`;

/** `bootstrap-signer-controller`; off unless it is named. */
export const bootstrapSignerController: ControllerEntry = {
  name: 'bootstrap-signer-controller',
  offByDefault: true,
  make({ informers }) {
    const maps = informers.of(configMaps, { namespace: NAMESPACE, fieldSelector: `metadata.name=${NAME}` });
    const tokens = informers.of(secrets, { namespace: BOOTSTRAP_TOKEN_NAMESPACE, fieldSelector: `type=${BOOTSTRAP_TOKEN_TYPE}` });
    return {
      name: 'bootstrap_signer_queue',
      watches: [watch(maps, () => [KEY]), watch(tokens, () => [KEY])],
      async reconcile(key, { client, clock, signal }) {
        const map = maps.lister.get(key);
        if (!map) return undefined;
        const nowMs = clock.now();
        const all = tokens.lister.list();
        const data = signedData(
          map.data ?? {},
          all.flatMap((secret) => signingToken(secret, nowMs) ?? []),
        );
        if (data) await client.of(configMaps).update({ ...map, data }, {}, signal);
        const ends = all.map(expirationMs).filter((ms): ms is number => ms !== undefined && ms > nowMs);
        return ends.length > 0 ? { afterMs: Math.min(...ends) - nowMs } : undefined;
      },
    };
  },
};
