/**
 * Notices claims that ask for more than they have. Those who made the volumes make them larger; this controller says that they are waited for.
 *
 * Source: kube-controller-manager `pkg/controller/volume/expand`.
 */
import type { ControllerEntry } from '#controller/manager.ts';
import { watch, watchSelf } from '#controller/watches.ts';
import { persistentVolumes } from '#kinds/core/persistent-volume/kind.ts';
import { requestedSize } from '#kinds/core/persistent-volume/matching.ts';
import type { PersistentVolume } from '#kinds/core/persistent-volume/schema.ts';
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import type { PersistentVolumeClaim } from '#kinds/core/persistent-volume-claim/schema.ts';
import { compareQuantities } from '#machinery/quantity.ts';

/** Whether the claim is bound to the volume and wants more than it has. */
export function wantsMore(claim: PersistentVolumeClaim, volume: PersistentVolume | undefined): boolean {
  if (!volume || volume.spec.claimRef?.uid !== claim.metadata.uid || claim.metadata.deletionTimestamp) return false;
  return compareQuantities(requestedSize(claim), claim.status.capacity?.['storage'] ?? '0') > 0;
}

const MESSAGE = 'waiting for an external controller to expand this PVC';

/** `persistentvolume-expander-controller`. */
export const persistentVolumeExpanderController: ControllerEntry = {
  name: 'persistentvolume-expander-controller',
  component: 'volume_expand',
  make({ informers, events }) {
    const claims = informers.of(persistentVolumeClaims);
    const volumes = informers.of(persistentVolumes);
    const asked = ({ spec }: PersistentVolumeClaim): string => `${spec.volumeName} ${spec.resources?.requests?.['storage']}`;
    return {
      name: 'volume_expand',
      // Only a new request is news: while it is served, the claim's status changes again and again.
      watches: [watchSelf(claims, { changed: (claim, old) => asked(claim) !== asked(old) }), watch(volumes, () => [])],
      reconcile(key) {
        const claim = claims.lister.get(key);
        const volume = volumes.lister.get(claim?.spec.volumeName ?? '');
        if (claim && volume && claim.status.phase === 'Bound' && wantsMore(claim, volume))
          events.event(claim, 'Normal', 'ExternalExpanding', MESSAGE);
        return Promise.resolve();
      },
    };
  },
};
