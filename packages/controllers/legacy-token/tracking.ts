/**
 * Since when the use of service account tokens in secrets is noted: a date in a ConfigMap.
 *
 * Source: kube-apiserver `pkg/controlplane/controller/legacytokentracking`.
 */
import type { ControllerEntry } from '#controller/manager.ts';
import { watch } from '#controller/watches.ts';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import { isReason } from '#machinery/status.ts';
import { dateText, isDate, TRACKING_MAP, TRACKING_NAMESPACE, TRACKING_SINCE } from './dates.ts';

const KEY = `${TRACKING_NAMESPACE}/${TRACKING_MAP}`;

/** `legacy-service-account-token-tracking-controller`: keeps the ConfigMap there and its date readable. */
export const legacyTokenTrackingController: ControllerEntry = {
  name: 'legacy-service-account-token-tracking-controller',
  make({ informers }) {
    const maps = informers.of(configMaps, { namespace: TRACKING_NAMESPACE, fieldSelector: `metadata.name=${TRACKING_MAP}` });
    return {
      name: 'legacy_token_tracking_controller',
      watches: [watch(maps, () => [KEY])],
      background(_context, enqueue) {
        enqueue(KEY); // also when there is nothing to watch yet
        return Promise.resolve();
      },
      async reconcile(_key, { client, clock, signal }) {
        const map = maps.lister.get(KEY);
        if (map && isDate(map.data?.[TRACKING_SINCE])) return;
        const data = { [TRACKING_SINCE]: dateText(clock.now()) };
        try {
          if (map) await client.of(configMaps).update({ ...map, data }, {}, signal);
          else await client.of(configMaps).namespace(TRACKING_NAMESPACE).create({ metadata: { name: TRACKING_MAP, namespace: TRACKING_NAMESPACE }, data }, {}, signal);
        } catch (error) {
          if (!isReason(error, 'AlreadyExists')) throw error;
        }
      },
    };
  },
};
