/**
 * Which volume serves which claim: for the binder, and for the scheduler, which also looks at the node.
 *
 * Source: the documented binding rules of persistent volumes; kubernetes `component-helpers/storage/volume`.
 */
import { compareQuantities } from '#machinery/quantity.ts';
import { compileLabelSelector } from '#machinery/selectors.ts';
import type { StorageClass } from '../../storage/storage-class/schema.ts';
import { matchesNodeSelector } from '../node/matching.ts';
import type { Node } from '../node/schema.ts';
import type { PersistentVolumeClaim } from '../persistent-volume-claim/schema.ts';
import { BETA_STORAGE_CLASS, DEFAULT_CLASS_ANNOTATIONS, SELECTED_NODE } from './annotations.ts';
import type { PersistentVolume } from './schema.ts';

type Classed = { readonly metadata: PersistentVolumeClaim['metadata']; readonly spec: { readonly storageClassName?: string | null } };

/** The class that a claim or a volume names; empty for none. */
export function classOf({ metadata, spec }: Classed): string {
  return metadata.annotations?.[BETA_STORAGE_CLASS] ?? spec.storageClassName ?? '';
}

/** Whether claims of the class are bound only when their first consumer is scheduled. */
export function waitsForConsumer(storageClass: StorageClass | undefined): boolean {
  return storageClass?.volumeBindingMode === 'WaitForFirstConsumer';
}

/** Of the classes that are marked as default the newest, then the first by name. */
export function defaultClassOf(classes: readonly StorageClass[]): StorageClass | undefined {
  const marked = classes.filter(({ metadata }) => DEFAULT_CLASS_ANNOTATIONS.some((name) => metadata.annotations?.[name] === 'true'));
  return marked.toSorted((a, b) => {
    const [x, y] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
    if (x !== y) return x < y ? 1 : -1;
    return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;
  })[0];
}

/** Whether the volume is the claim's: it names this very claim, or one of its name when no UID is given. */
export function isBoundTo({ spec: { claimRef } }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  if (!claimRef || claimRef.name !== metadata.name || claimRef.namespace !== metadata.namespace) return false;
  return !claimRef.uid || claimRef.uid === metadata.uid;
}

/** Whether the volume can be reached from the node. */
export function reachesNode({ spec }: PersistentVolume, node: Node): boolean {
  const required = spec.nodeAffinity?.required;
  return !required || matchesNodeSelector(required, node);
}

/** Whether the volume offers every access mode that the claim wants. */
export function offersModes(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const offered = volume.spec.accessModes ?? [];
  return (claim.spec.accessModes ?? []).every((mode) => offered.includes(mode));
}

/** Whether both are a filesystem or both a device. */
export function sameVolumeMode(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return (volume.spec.volumeMode ?? 'Filesystem') === (claim.spec.volumeMode ?? 'Filesystem');
}

/** Bytes that a claim asks for, as a quantity. */
export function requestedSize({ spec }: Pick<PersistentVolumeClaim, 'spec'>): string {
  return spec.resources?.requests?.['storage'] ?? '0';
}

const sizeOf = ({ spec }: PersistentVolume): string => spec.capacity?.['storage'] ?? '0';

/** What the binder must not choose. */
export interface MatchOptions {
  /** Unbound volumes are left to the scheduler. */
  readonly waits?: boolean;
  /** Volumes that are promised to other claims, by name. */
  readonly excluded?: ReadonlySet<string>;
}

/** Asks of volumes whether they serve the claim, wherever it is to be used. What the claim wants is worked out once. */
function suitabilityFor(claim: PersistentVolumeClaim): (volume: PersistentVolume, bound: boolean) => boolean {
  const wanted = requestedSize(claim);
  const className = classOf(claim);
  const attributes = claim.spec.volumeAttributesClassName ?? '';
  const selector = claim.spec.selector ? compileLabelSelector(claim.spec.selector) : undefined;
  return (volume, bound) => {
    const { metadata, spec, status } = volume;
    if (metadata.deletionTimestamp || (spec.claimRef && !bound)) return false;
    if (compareQuantities(sizeOf(volume), wanted) < 0 || !sameVolumeMode(volume, claim)) return false;
    if ((spec.volumeAttributesClassName ?? '') !== attributes) return false;
    if (bound) return true;
    if (status.phase !== 'Available' || classOf(volume) !== className || !offersModes(volume, claim)) return false;
    return !selector || selector.matches(metadata.labels ?? {});
  };
}

/**
 * The volume for the claim, as the binder chooses it: the one that already names it, else the smallest that is large enough, preferring those
 * with the fewest access modes. Volumes of one class (`classOf` the claim) and those that name the claim are all that need to be passed.
 */
export function findVolume(
  claim: PersistentVolumeClaim,
  volumes: Iterable<PersistentVolume>,
  options: MatchOptions = {},
): PersistentVolume | undefined {
  const { waits = false, excluded } = options;
  const suits = suitabilityFor(claim);
  let best: PersistentVolume | undefined;
  for (const volume of volumes) {
    const bound = isBoundTo(volume, claim);
    if (excluded?.has(volume.metadata.name ?? '') || (waits && !bound) || !suits(volume, bound)) continue;
    // A volume kept for the claim must have its modes, too, before the binder takes it.
    if (bound && offersModes(volume, claim)) return volume;
    if (!bound && (!best || isBetter(volume, best))) best = volume;
  }
  return best;
}

/** The volumes that would serve the claim on one node or another, best first; one that names the claim rules the others out. */
export function rankVolumes(claim: PersistentVolumeClaim, volumes: Iterable<PersistentVolume>): readonly PersistentVolume[] {
  const suits = suitabilityFor(claim);
  const found: PersistentVolume[] = [];
  for (const volume of volumes) {
    const bound = isBoundTo(volume, claim);
    if (!suits(volume, bound)) continue;
    if (bound) return [volume];
    found.push(volume);
  }
  return found.toSorted((a, b) => (isBetter(a, b) ? -1 : isBetter(b, a) ? 1 : 0));
}

function isBetter(a: PersistentVolume, b: PersistentVolume): boolean {
  const modes = (a.spec.accessModes?.length ?? 0) - (b.spec.accessModes?.length ?? 0);
  if (modes !== 0) return modes < 0;
  return compareQuantities(sizeOf(a), sizeOf(b)) < 0;
}

/** Why a volume that a claim asks for by name cannot serve it; `undefined` when it can. */
export function whyUnsuitable(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  if (compareQuantities(sizeOf(volume), requestedSize(claim)) < 0) return 'requested PV is too small';
  if (classOf(volume) !== classOf(claim)) return 'storageClassName does not match';
  if ((volume.spec.volumeAttributesClassName ?? '') !== (claim.spec.volumeAttributesClassName ?? ''))
    return 'volumeAttributesClassName does not match';
  if (!sameVolumeMode(volume, claim)) return 'incompatible volumeMode';
  return offersModes(volume, claim) ? undefined : 'incompatible accessMode';
}

/** Whether the scheduler has named the node for the claim's volume. */
export function hasSelectedNode({ metadata }: PersistentVolumeClaim): boolean {
  return metadata.annotations?.[SELECTED_NODE] !== undefined;
}
