/**
 * Who uses a claim, and what that means for its finalizer.
 *
 * Source: kube-controller-manager `pkg/controller/volume/pvcprotection`.
 */
import { isClaimOf } from '#kinds/core/pod/claims.ts';
import type { PersistentVolumeClaim } from '#kinds/core/persistent-volume-claim/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { KubeObject } from '#machinery/kind.ts';

/** The finalizer of claims. */
export const CLAIM_PROTECTION = 'kubernetes.io/pvc-protection';
/** The finalizer of volumes. */
export const VOLUME_PROTECTION = 'kubernetes.io/pv-protection';

/** The finalizer of classes of volume attributes. */
export const CLASS_PROTECTION = 'kubernetes.io/vac-protection';

/** What to do with an object's finalizer. */
export type FinalizerStep = 'none' | 'add' | 'remove';

/** Decides; `isUsed` is asked only of objects that are being deleted. */
export function protectionStep({ metadata }: KubeObject, finalizer: string, isUsed: () => boolean): FinalizerStep {
  const isSet = metadata.finalizers?.includes(finalizer) ?? false;
  if (!metadata.deletionTimestamp) return isSet ? 'none' : 'add';
  return isSet && !isUsed() ? 'remove' : 'none';
}

/** Whether the pod uses the claim. A pod without a node does not: its kubelet will not start it with a claim that is going away. */
export function claimUses(pod: Pod, claim: PersistentVolumeClaim): boolean {
  if (!pod.spec.nodeName) return false;
  const { name } = claim.metadata;
  const isOver = pod.metadata.deletionTimestamp !== undefined && pod.metadata.deletionGracePeriodSeconds === 0;
  return (pod.spec.volumes ?? []).some((volume) => {
    if (volume.persistentVolumeClaim) return volume.persistentVolumeClaim.claimName === name;
    return volume.ephemeral !== undefined && !isOver && `${pod.metadata.name}-${volume.name}` === name && isClaimOf(claim, pod);
  });
}
