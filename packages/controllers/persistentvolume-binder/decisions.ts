/**
 * What the binder does with a claim and with a volume, as pure functions of what it sees.
 *
 * Source: the documented life cycle of volumes and claims; kubernetes `pkg/controller/volume/persistentvolume`.
 */
import { BIND_COMPLETED, BOUND_BY_CONTROLLER, NO_PROVISIONER, PROVISIONED_BY } from '#kinds/core/persistent-volume/annotations.ts';
import {
  classOf,
  findVolume,
  hasSelectedNode,
  isBoundTo,
  sameVolumeMode,
  waitsForConsumer,
  whyUnsuitable,
} from '#kinds/core/persistent-volume/matching.ts';
import type { PersistentVolume } from '#kinds/core/persistent-volume/schema.ts';
import type { PersistentVolumeClaim } from '#kinds/core/persistent-volume-claim/schema.ts';
import type { StorageClass } from '#kinds/storage/storage-class/schema.ts';

/** An event about a claim or a volume. */
export interface Notice {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

const warning = (reason: string, message: string): Notice => ({ type: 'Warning', reason, message });

/** What a claim needs next. */
export type ClaimStep =
  | { readonly type: 'bind'; readonly volume: PersistentVolume }
  /** Nothing can be done now; the claim is told why, unless it waits for a volume that does not exist yet. */
  | { readonly type: 'pending'; readonly notice?: Notice }
  /** Its first consumer is not scheduled yet. */
  | { readonly type: 'wait' }
  | { readonly type: 'provision'; readonly provisioner: string }
  | { readonly type: 'take-class'; readonly name: string }
  | { readonly type: 'lost'; readonly notice: Notice };

/** The world around a claim. */
export interface ClaimView {
  /** The volume named by the claim's spec. */
  readonly named: PersistentVolume | undefined;
  /** Volumes of the claim's class, and those that name the claim. */
  readonly candidates: Iterable<PersistentVolume>;
  /** Volumes that are being bound to other claims. */
  readonly excluded: ReadonlySet<string>;
  /** The class that the claim names. */
  readonly storageClass: StorageClass | undefined;
  readonly defaultClass: StorageClass | undefined;
}

/** Decides for a claim. */
export function claimStep(claim: PersistentVolumeClaim, view: ClaimView): ClaimStep {
  if (claim.metadata.annotations?.[BIND_COMPLETED] !== undefined) return completedStep(claim, view);
  return claim.spec.volumeName ? namedStep(claim, view) : unboundStep(claim, view);
}

/** A claim that was bound once: it stays with its volume or is lost. */
function completedStep({ metadata, spec }: PersistentVolumeClaim, { named }: ClaimView): ClaimStep {
  const lost = (reason: string, message: string): ClaimStep => ({ type: 'lost', notice: warning(reason, message) });
  if (!spec.volumeName) return lost('ClaimLost', 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!');
  if (!named) return lost('ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!');
  if (!named.spec.claimRef || named.spec.claimRef.uid === metadata.uid) return { type: 'bind', volume: named };
  return lost('ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly');
}

/** A claim that asks for one volume by name. */
function namedStep(claim: PersistentVolumeClaim, { named }: ClaimView): ClaimStep {
  const pending = (reason: string, message: string): ClaimStep => ({ type: 'pending', notice: warning(reason, message) });
  if (!named) return { type: 'pending' };
  const name = JSON.stringify(named.metadata.name);
  if (!named.spec.claimRef) {
    const why = whyUnsuitable(named, claim);
    return why === undefined ? { type: 'bind', volume: named } : pending('VolumeMismatch', `Cannot bind to requested volume ${name}: ${why}`);
  }
  if (isBoundTo(named, claim)) return { type: 'bind', volume: named };
  return pending('FailedBinding', `volume ${name} already bound to a different claim.`);
}

/** A claim that takes any volume. */
function unboundStep(claim: PersistentVolumeClaim, { candidates, excluded, storageClass, defaultClass }: ClaimView): ClaimStep {
  const className = classOf(claim);
  const waits = waitsForConsumer(storageClass);
  const volume = findVolume(claim, candidates, { waits, excluded });
  if (volume) return { type: 'bind', volume };
  if (className === '' && claim.spec.storageClassName === undefined && defaultClass)
    return { type: 'take-class', name: defaultClass.metadata.name ?? '' };
  if (waits && !hasSelectedNode(claim)) return { type: 'wait' };
  if (className === '') {
    const message = 'no persistent volumes available for this claim and no storage class is set';
    return { type: 'pending', notice: { type: 'Normal', reason: 'FailedBinding', message } };
  }
  return provisioningStep(className, storageClass);
}

const IN_TREE = 'kubernetes.io/';

function provisioningStep(className: string, storageClass: StorageClass | undefined): ClaimStep {
  const failed = (message: string): ClaimStep => ({ type: 'pending', notice: warning('ProvisioningFailed', message) });
  if (!storageClass) return failed(`storageclass.storage.k8s.io ${JSON.stringify(className)} not found`);
  const { provisioner } = storageClass;
  if (provisioner === NO_PROVISIONER || provisioner.startsWith(IN_TREE)) return failed(`no volume plugin matched name: ${provisioner}`);
  return { type: 'provision', provisioner };
}

/** What a volume needs next. */
export type VolumeStep =
  | { readonly type: 'phase'; readonly phase: 'Available' | 'Bound' }
  /** Its claim is gone: what the reclaim policy says. */
  | { readonly type: 'release' }
  /** Its claim went elsewhere: it is free again. */
  | { readonly type: 'unbind' }
  /** Both sides learn that they do not fit. */
  | { readonly type: 'mode-mismatch' }
  /** The claim has to finish the binding. */
  | { readonly type: 'leave-to-claim' };

/** Decides for a volume; `claim` is the one that it names, when that exists. */
export function volumeStep(volume: PersistentVolume, claim: PersistentVolumeClaim | undefined): VolumeStep {
  const { claimRef, persistentVolumeReclaimPolicy } = volume.spec;
  if (!claimRef?.uid) return { type: 'phase', phase: 'Available' };
  if (!claim || claim.metadata.uid !== claimRef.uid) return { type: 'release' };
  if (!claim.spec.volumeName) return sameVolumeMode(volume, claim) ? { type: 'leave-to-claim' } : { type: 'mode-mismatch' };
  if (claim.spec.volumeName === volume.metadata.name) return { type: 'phase', phase: 'Bound' };
  const ownDeletion = volume.metadata.annotations?.[PROVISIONED_BY] !== undefined && persistentVolumeReclaimPolicy === 'Delete';
  return { type: ownDeletion ? 'release' : 'unbind' };
}

/** How a released volume is reclaimed. */
export type Reclaim =
  | { readonly type: 'keep' }
  /** Who provisioned it removes it. */
  | { readonly type: 'external' }
  /** Nothing of it is left but the object. */
  | { readonly type: 'remove' }
  | { readonly type: 'recycle' }
  | { readonly type: 'fail'; readonly notice: Notice };

/** Decides how to reclaim. */
export function reclaimOf(volume: PersistentVolume): Reclaim {
  switch (volume.spec.persistentVolumeReclaimPolicy) {
    case 'Retain':
      return { type: 'keep' };
    case 'Delete':
      return deletionOf(volume);
    case 'Recycle':
      if (volume.spec.hostPath || volume.spec.nfs) return { type: 'recycle' };
      return { type: 'fail', notice: warning('VolumeFailedRecycle', 'No recycler plugin found for the volume!') };
    default:
      return { type: 'fail', notice: warning('VolumeUnknownReclaimPolicy', 'Volume has unrecognized reclaim policy') };
  }
}

function deletionOf({ metadata, spec }: PersistentVolume): Reclaim {
  const provisioner = metadata.annotations?.[PROVISIONED_BY];
  if (provisioner !== undefined && !provisioner.startsWith(IN_TREE)) return { type: 'external' };
  const failed = (message: string): Reclaim => ({ type: 'fail', notice: warning('VolumeFailedDelete', message) });
  const path = spec.hostPath?.path;
  if (path === undefined)
    return failed(`error getting deleter volume plugin for volume ${JSON.stringify(metadata.name)}: no deletable volume plugin matched`);
  return /^\/tmp\/.+$/.test(path) ? { type: 'remove' } : failed(`host_path deleter only supports /tmp/.+ but received provided ${path}`);
}

/** The volume, naming the claim; the same object when it did already. */
export function withClaim(volume: PersistentVolume, claim: PersistentVolumeClaim): PersistentVolume {
  const { name, namespace, uid, resourceVersion } = claim.metadata;
  const { claimRef } = volume.spec;
  if (isBoundTo(volume, claim) && claimRef?.uid === uid) return volume;
  const chosenByUs = !isBoundTo(volume, claim);
  const annotations = chosenByUs ? { ...volume.metadata.annotations, [BOUND_BY_CONTROLLER]: 'yes' } : volume.metadata.annotations;
  const reference = {
    kind: 'PersistentVolumeClaim',
    apiVersion: 'v1',
    ...(namespace ? { namespace } : {}),
    ...(name ? { name } : {}),
    ...(uid ? { uid } : {}),
    ...(resourceVersion ? { resourceVersion } : {}),
  };
  return { ...volume, metadata: { ...volume.metadata, ...(annotations ? { annotations } : {}) }, spec: { ...volume.spec, claimRef: reference } };
}

/** The volume without its claim; of a claim that a person named, the name stays. */
export function withoutClaim(volume: PersistentVolume): PersistentVolume {
  const { [BOUND_BY_CONTROLLER]: byController, ...annotations } = volume.metadata.annotations ?? {};
  const { claimRef, ...spec } = volume.spec;
  if (byController !== undefined) return { ...volume, metadata: { ...volume.metadata, annotations }, spec };
  const { uid: _forgotten, resourceVersion: _alsoForgotten, ...reference } = claimRef ?? {};
  return { ...volume, spec: { ...spec, claimRef: reference } };
}

/** The claim, naming the volume for good; the same object when it did already. */
export function withVolume(claim: PersistentVolumeClaim, volume: PersistentVolume): PersistentVolumeClaim {
  const name = volume.metadata.name ?? '';
  const { annotations = {} } = claim.metadata;
  const chosenByUs = claim.spec.volumeName !== name;
  if (!chosenByUs && annotations[BIND_COMPLETED] !== undefined) return claim;
  return {
    ...claim,
    metadata: {
      ...claim.metadata,
      annotations: { ...annotations, [BIND_COMPLETED]: 'yes', ...(chosenByUs ? { [BOUND_BY_CONTROLLER]: 'yes' } : {}) },
    },
    spec: { ...claim.spec, volumeName: name },
  };
}

type ClaimStatus = PersistentVolumeClaim['status'];

/** The claim's status: what the volume offers when there is one; the same object when nothing changes. */
export function statusOf(claim: PersistentVolumeClaim, phase: NonNullable<ClaimStatus['phase']>, volume: PersistentVolume | undefined): ClaimStatus {
  const { status } = claim;
  const becomes = status.phase !== phase;
  if (!volume) {
    const { accessModes, capacity, currentVolumeAttributesClassName, ...rest } = status;
    return becomes || accessModes || capacity || currentVolumeAttributesClassName ? { ...rest, phase } : status;
  }
  const { accessModes = [], capacity = {}, volumeAttributesClassName } = volume.spec;
  const sameModes = String(status.accessModes ?? []) === String(accessModes);
  // Once bound, only a resize changes the capacity.
  const takesCapacity = becomes || status.capacity === undefined;
  if (!takesCapacity && sameModes) return status;
  return {
    ...status,
    phase,
    accessModes,
    ...(takesCapacity ? { capacity } : {}),
    ...(becomes && volumeAttributesClassName ? { currentVolumeAttributesClassName: volumeAttributesClassName } : {}),
  };
}
