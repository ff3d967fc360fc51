/**
 * Claims are not removed while pods use them, volumes not while they are bound: a finalizer each, taken off when the last use has ended.
 *
 * Source: kube-controller-manager `pkg/controller/volume/pvcprotection` and `pvprotection`.
 */
import type { ControllerEntry } from '#controller/manager.ts';
import { watch, watchSelf } from '#controller/watches.ts';
import { persistentVolumes } from '#kinds/core/persistent-volume/kind.ts';
import type { PersistentVolume } from '#kinds/core/persistent-volume/schema.ts';
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import type { PersistentVolumeClaim } from '#kinds/core/persistent-volume-claim/schema.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { volumeAttributesClasses } from '#kinds/storage/volume-attributes-class/kind.ts';
import { isReason } from '#machinery/status.ts';
import type { KubeObject } from '#machinery/kind.ts';
import { podClaimKeys, podsOfClaims } from '../volume-claims/pod-claims.ts';
import { CLAIM_PROTECTION, claimUses, CLASS_PROTECTION, type FinalizerStep, protectionStep, VOLUME_PROTECTION } from './uses.ts';

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

const ATTRIBUTES_CLASS = 'attributes-class';

/** `volumeattributesclass-protection-controller`. */
export const attributesClassProtectionController: ControllerEntry = {
  name: 'volumeattributesclass-protection-controller',
  make({ informers }) {
    const classes = informers.of(volumeAttributesClasses);
    const claims = informers.of(persistentVolumeClaims);
    const volumes = informers.of(persistentVolumes);
    const named = (...names: readonly (string | undefined)[]): string[] => names.filter((name) => name !== undefined && name !== '') as string[];
    const ofClaim = ({ spec, status }: PersistentVolumeClaim): string[] =>
      named(spec.volumeAttributesClassName, status.currentVolumeAttributesClassName, status.modifyVolumeStatus?.targetVolumeAttributesClassName);
    const ofVolume = ({ spec }: PersistentVolume): string[] => named(spec.volumeAttributesClassName);
    claims.addIndex(ATTRIBUTES_CLASS, ofClaim);
    volumes.addIndex(ATTRIBUTES_CLASS, ofVolume);
    return {
      name: 'vac_protection',
      watches: [watchSelf(classes), watch(claims, ofClaim), watch(volumes, ofVolume)],
      async reconcile(key, { client, signal }) {
        const found = classes.lister.get(key);
        if (!found) return;
        const isUsed = (): boolean =>
          claims.lister.byIndex(ATTRIBUTES_CLASS, key).length > 0 || volumes.lister.byIndex(ATTRIBUTES_CLASS, key).length > 0;
        const step = protectionStep(found, CLASS_PROTECTION, isUsed);
        if (step !== 'none') await unlessGone(client.of(volumeAttributesClasses).update(withFinalizer(found, CLASS_PROTECTION, step), {}, signal));
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
