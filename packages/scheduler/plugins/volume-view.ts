/**
 * What the volume plugins know of storage.
 */
import type { InformerFactory } from '#client/informer.ts';
import { objectKey } from '#client/object-key.ts';
import { BIND_COMPLETED } from '#kinds/core/persistent-volume/annotations.ts';
import { persistentVolumes } from '#kinds/core/persistent-volume/kind.ts';
import { classOf, waitsForConsumer } from '#kinds/core/persistent-volume/matching.ts';
import type { PersistentVolume } from '#kinds/core/persistent-volume/schema.ts';
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import type { PersistentVolumeClaim } from '#kinds/core/persistent-volume-claim/schema.ts';
import { claimNameOf, foreignClaimText, isClaimOf } from '#kinds/core/pod/claims.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { csiDrivers } from '#kinds/storage/csi-driver/kind.ts';
import type { CSIDriver } from '#kinds/storage/csi-driver/schema.ts';
import { csiStorageCapacities } from '#kinds/storage/csi-storage-capacity/kind.ts';
import type { CSIStorageCapacity } from '#kinds/storage/csi-storage-capacity/schema.ts';
import { storageClasses } from '#kinds/storage/storage-class/kind.ts';
import type { StorageClass } from '#kinds/storage/storage-class/schema.ts';
import type { ClusterEvent } from '../events.ts';
import { Assumptions } from './volume-assumptions.ts';

const BY_CLASS = 'scheduler-class';
const BY_CLAIM = 'scheduler-claim';

/** Claims, volumes, classes and what drivers say. */
export interface VolumeView {
  readonly claims: Assumptions<PersistentVolumeClaim>;
  readonly volumes: Assumptions<PersistentVolume>;
  /** Free volumes of the claim's class, and those that name the claim. */
  readonly volumesFor: (claim: PersistentVolumeClaim) => readonly PersistentVolume[];
  readonly storageClass: (name: string) => StorageClass | undefined;
  readonly driver: (name: string) => CSIDriver | undefined;
  readonly capacities: (className: string) => readonly CSIStorageCapacity[];
}

/** Opens the view on the scheduler's informers. */
export function volumeView(informers: InformerFactory): VolumeView {
  const volumes = new Assumptions(informers.of(persistentVolumes));
  volumes.informer.addIndex(BY_CLASS, (volume) => (volume.spec.claimRef ? [] : [classOf(volume)]));
  volumes.informer.addIndex(BY_CLAIM, ({ spec: { claimRef } }) => (claimRef ? [`${claimRef.namespace}/${claimRef.name}`] : []));
  const capacities = informers.of(csiStorageCapacities);
  capacities.addIndex(BY_CLASS, ({ storageClassName }) => [storageClassName]);
  const classes = informers.of(storageClasses).lister;
  const drivers = informers.of(csiDrivers).lister;
  return {
    claims: new Assumptions(informers.of(persistentVolumeClaims)),
    volumes,
    volumesFor: (claim) => [...volumes.byIndex(BY_CLAIM, objectKey(claim)), ...volumes.byIndex(BY_CLASS, classOf(claim))],
    storageClass: (name) => classes.get(name),
    driver: (name) => drivers.get(name),
    capacities: (name) => capacities.lister.byIndex(BY_CLASS, name),
  };
}

/** A pod's claims by what they still need. */
export interface PodClaims {
  readonly bound: readonly PersistentVolumeClaim[];
  /** To be bound or provisioned for the node that is chosen. */
  readonly delayed: readonly PersistentVolumeClaim[];
  /** To be bound by the binder before the pod is scheduled. */
  readonly immediate: readonly PersistentVolumeClaim[];
}

/** Whether the binder has finished with the claim. */
export function isBound({ metadata, spec }: PersistentVolumeClaim): boolean {
  return Boolean(spec.volumeName) && metadata.annotations?.[BIND_COMPLETED] !== undefined;
}

/** Sorts the pod's claims; a text says why it cannot be scheduled whatever the node. `undefined`: it has none. */
export function claimsOfPod(pod: Pod, view: VolumeView): PodClaims | string | undefined {
  const bound: PersistentVolumeClaim[] = [];
  const delayed: PersistentVolumeClaim[] = [];
  const immediate: PersistentVolumeClaim[] = [];
  let any = false;
  for (const volume of pod.spec.volumes ?? []) {
    const name = claimNameOf(pod, volume);
    if (name === undefined) continue;
    any = true;
    const claim = view.claims.get(`${pod.metadata.namespace}/${name}`);
    const problem = claimProblem(pod, claim, name, volume.ephemeral !== undefined);
    if (problem !== undefined) return problem;
    if (isBound(claim!)) bound.push(claim!);
    else if (waitsForConsumer(view.storageClass(classOf(claim!))) && !claim!.spec.volumeName) delayed.push(claim!);
    else immediate.push(claim!);
  }
  return any ? { bound, delayed, immediate } : undefined;
}

function claimProblem(pod: Pod, claim: PersistentVolumeClaim | undefined, name: string, ephemeral: boolean): string | undefined {
  const quoted = JSON.stringify(name);
  if (!claim)
    return ephemeral
      ? `waiting for ephemeral volume controller to create the persistentvolumeclaim ${quoted}`
      : `persistentvolumeclaim ${quoted} not found`;
  if (claim.status.phase === 'Lost')
    return `persistentvolumeclaim ${quoted} bound to non-existent persistentvolume ${JSON.stringify(claim.spec.volumeName ?? '')}`;
  if (claim.metadata.deletionTimestamp) return `persistentvolumeclaim ${quoted} is being deleted`;
  return ephemeral && !isClaimOf(claim, pod) ? foreignClaimText(claim, pod) : undefined;
}

/** Whether a changed claim is one of the pod's own; other objects may always help. */
export function concernsPod(pod: Pod, { next, previous }: ClusterEvent): boolean {
  const object = next ?? previous;
  if (object?.kind !== 'PersistentVolumeClaim') return true;
  if (object.metadata.namespace !== pod.metadata.namespace) return false;
  return (pod.spec.volumes ?? []).some((volume) => claimNameOf(pod, volume) === object.metadata.name);
}
