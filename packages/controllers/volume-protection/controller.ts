/**
 * Claims are not removed while pods use them, volumes not while they are bound: a finalizer each, taken off when the last use has ended.
 *
 * Source: kube-controller-manager `pkg/controller/volume/pvcprotection` and `pvprotection`.
 */
import type { ControllerEntry } from '#controller/manager.ts';
import { watch, watchSelf } from '#controller/watches.ts';
import { persistentVolumes } from '#kinds/core/persistent-volume/kind.ts';
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { isReason } from '#machinery/status.ts';
import type { KubeObject } from '#machinery/kind.ts';
import { podClaimKeys, podsOfClaims } from '../volume-claims/pod-claims.ts';
import { CLAIM_PROTECTION, claimUses, type FinalizerStep, protectionStep, VOLUME_PROTECTION } from './uses.ts';

/** `persistentvolumeclaim-protection-controller`. */
export const claimProtectionController: ControllerEntry = {
  name: 'persistentvolumeclaim-protection-controller',
  make({ informers }) {
    const claims = informers.of(persistentVolumeClaims);
    const users = podsOfClaims(informers);
    return {
      name: 'pvcprotection',
      watches: [watchSelf(claims), watch(users.informer, podClaimKeys)],
      async reconcile(key, { client, signal }) {
        const claim = claims.lister.get(key);
        if (!claim) return;
        const isUsed = (): boolean => users.of(key).some((pod) => claimUses(pod, claim));
        const step = protectionStep(claim, CLAIM_PROTECTION, isUsed);
        if (step === 'none') return;
        const namespace = claim.metadata.namespace ?? '';
        // A pod that the cache does not show yet must not lose its data: the server is asked before the claim goes.
        if (step === 'remove' && (await client.of(pods).namespace(namespace).list({}, signal)).items.some((pod) => claimUses(pod, claim))) return;
        await unlessGone(
          client
            .of(persistentVolumeClaims)
            .namespace(namespace)
            .update(withFinalizer(claim, CLAIM_PROTECTION, step), {}, signal),
        );
      },
    };
  },
};

/** `persistentvolume-protection-controller`. */
export const volumeProtectionController: ControllerEntry = {
  name: 'persistentvolume-protection-controller',
  make({ informers }) {
    const volumes = informers.of(persistentVolumes);
    return {
      name: 'pvprotection',
      watches: [watchSelf(volumes)],
      async reconcile(key, { client, signal }) {
        const volume = volumes.lister.get(key);
        if (!volume) return;
        const step = protectionStep(volume, VOLUME_PROTECTION, () => volume.status.phase === 'Bound');
        if (step !== 'none') await unlessGone(client.of(persistentVolumes).update(withFinalizer(volume, VOLUME_PROTECTION, step), {}, signal));
      },
    };
  },
};

function withFinalizer<T extends KubeObject>(object: T, name: string, step: FinalizerStep): T {
  const others = (object.metadata.finalizers ?? []).filter((one) => one !== name);
  return { ...object, metadata: { ...object.metadata, finalizers: step === 'add' ? [...others, name] : others } };
}

async function unlessGone(request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error;
  }
}
