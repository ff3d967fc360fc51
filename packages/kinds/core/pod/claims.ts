/**
 * The claims behind a pod's volumes: named ones, and those that are made for its generic ephemeral volumes.
 *
 * Source: the documented naming of generic ephemeral volumes; kubernetes `component-helpers/storage/ephemeral`.
 */
import type { PersistentVolumeClaim } from '../persistent-volume-claim/schema.ts';
import type { Pod } from './schema.ts';
import type { Volume } from './volumes.ts';

/** The name of the claim behind the volume; `undefined` when it needs none. */
export function claimNameOf(pod: Pod, volume: Volume): string | undefined {
  if (volume.persistentVolumeClaim) return volume.persistentVolumeClaim.claimName;
  return volume.ephemeral ? `${pod.metadata.name}-${volume.name}` : undefined;
}

/** The names of all claims that the pod uses. */
export function claimNamesOf(pod: Pod): string[] {
  const names: string[] = [];
  for (const volume of pod.spec.volumes ?? []) {
    const name = claimNameOf(pod, volume);
    if (name !== undefined) names.push(name);
  }
  return names;
}

/** Whether the claim was made for the pod's ephemeral volume, and is not somebody else's of the same name. */
export function isClaimOf({ metadata }: PersistentVolumeClaim, pod: Pod): boolean {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  return metadata.namespace === pod.metadata.namespace && owner !== undefined && owner.uid === pod.metadata.uid;
}

/** What is said of a claim that has the name of a pod's ephemeral volume but is not its own. */
export function foreignClaimText(claim: PersistentVolumeClaim, pod: Pod): string {
  return `PVC ${claim.metadata.namespace}/${claim.metadata.name} was not created for pod ${pod.metadata.namespace}/${pod.metadata.name} (pod is not owner)`;
}
