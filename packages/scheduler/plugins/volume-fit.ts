/**
 * Whether a node can have a pod's volumes: those it is bound to, those that could be bound, and those that could be made.
 *
 * Source: the documented behaviour of topology-aware volume scheduling and storage capacity; kubernetes `scheduler/framework/plugins/volumebinding`.
 */
import { NO_PROVISIONER, SELECTED_NODE } from '#kinds/core/persistent-volume/annotations.ts';
import { classOf, rankVolumes, reachesNode, requestedSize } from '#kinds/core/persistent-volume/matching.ts';
import type { PersistentVolume } from '#kinds/core/persistent-volume/schema.ts';
import type { PersistentVolumeClaim } from '#kinds/core/persistent-volume-claim/schema.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import type { StorageClass } from '#kinds/storage/storage-class/schema.ts';
import { compareQuantities, quantitySign } from '#machinery/quantity.ts';
import { compileLabelSelector } from '#machinery/selectors.ts';
import type { PodClaims, VolumeView } from './volume-view.ts';

/** Reasons that pods see. */
export const NODE_CONFLICT = "node(s) didn't match PersistentVolume's node affinity";
export const BIND_CONFLICT = "node(s) didn't find available persistent volumes to bind";
export const NOT_ENOUGH_SPACE = 'node(s) did not have enough free storage';
export const VOLUME_MISSING = 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)';

/** What is to be written when the pod goes to the node. */
export interface NodeVolumes {
  readonly bindings: readonly { readonly claim: PersistentVolumeClaim; readonly volume: PersistentVolume }[];
  readonly provisions: readonly PersistentVolumeClaim[];
}

/** What is the same for all nodes of a cycle, found once. */
export interface CycleVolumes {
  /** The volumes of the bound claims; `undefined` stands for one that is missing. */
  readonly bound: readonly (PersistentVolume | undefined)[];
  /** By claim, the volumes that would serve it on some node, best first; filled as they are asked for. */
  readonly candidates: Map<PersistentVolumeClaim, readonly PersistentVolume[]>;
}

/** Looks up what a cycle needs. */
export function cycleVolumes({ bound }: PodClaims, view: VolumeView): CycleVolumes {
  return { bound: bound.map(({ spec }) => view.volumes.get(spec.volumeName ?? '')), candidates: new Map() };
}

/** Whether every node can have the pod's volumes: they exist, and name no node. */
export function fitsAnywhere({ delayed }: PodClaims, { bound }: CycleVolumes): boolean {
  return delayed.length === 0 && bound.every((volume) => volume !== undefined && !volume.spec.nodeAffinity?.required);
}

/** The volumes for the pod on the node, or why not. */
export function volumesOnNode(claims: PodClaims, node: Node, view: VolumeView, cycle: CycleVolumes): NodeVolumes | readonly string[] {
  const reasons: string[] = [];
  const conflict = boundConflict(cycle.bound, node);
  if (conflict === VOLUME_MISSING) return [conflict];
  if (conflict !== undefined) reasons.push(conflict);
  const found = delayedOnNode(claims.delayed, node, view, cycle);
  if (typeof found === 'string') reasons.push(found);
  return reasons.length > 0 || typeof found === 'string' ? reasons : found;
}

function boundConflict(bound: readonly (PersistentVolume | undefined)[], node: Node): string | undefined {
  let conflict: string | undefined;
  for (const volume of bound) {
    if (!volume) return VOLUME_MISSING;
    if (!reachesNode(volume, node)) conflict = NODE_CONFLICT;
  }
  return conflict;
}

function delayedOnNode(delayed: readonly PersistentVolumeClaim[], node: Node, view: VolumeView, cycle: CycleVolumes): NodeVolumes | string {
  const bindings: { claim: PersistentVolumeClaim; volume: PersistentVolume }[] = [];
  const provisions: PersistentVolumeClaim[] = [];
  const chosen = new Set<string>();
  // Small claims first: they leave the large volumes to the others.
  const bySize = delayed.length > 1 ? delayed.toSorted((a, b) => compareQuantities(requestedSize(a), requestedSize(b))) : delayed;
  for (const claim of bySize) {
    const selected = claim.metadata.annotations?.[SELECTED_NODE];
    if (selected !== undefined && selected !== node.metadata.name) return BIND_CONFLICT;
    const volume =
      selected === undefined ? ranked(claim, view, cycle).find((one) => !chosen.has(one.metadata.name ?? '') && reachesNode(one, node)) : undefined;
    if (volume) {
      chosen.add(volume.metadata.name ?? '');
      bindings.push({ claim, volume });
    } else provisions.push(claim);
  }
  for (const claim of provisions) {
    const storageClass = view.storageClass(classOf(claim));
    if (!storageClass?.provisioner || storageClass.provisioner === NO_PROVISIONER || !allowsNode(storageClass, node)) return BIND_CONFLICT;
    if (!hasCapacity(claim, storageClass, node, view)) return NOT_ENOUGH_SPACE;
  }
  return { bindings, provisions };
}

function ranked(claim: PersistentVolumeClaim, view: VolumeView, { candidates }: CycleVolumes): readonly PersistentVolume[] {
  const known = candidates.get(claim);
  if (known) return known;
  const found = rankVolumes(claim, view.volumesFor(claim));
  candidates.set(claim, found);
  return found;
}

/** Whether the class makes volumes for the node's topology; a class that names none does so anywhere. */
export function allowsNode({ allowedTopologies = [] }: StorageClass, { metadata }: Node): boolean {
  const labels = metadata.labels ?? {};
  if (allowedTopologies.length === 0) return true;
  return allowedTopologies.some(
    ({ matchLabelExpressions = [] }) =>
      matchLabelExpressions.length > 0 && matchLabelExpressions.every(({ key, values }) => values.includes(labels[key] ?? '')),
  );
}

/** Whether the driver has said that there is room where the node is; a driver that says nothing is believed to have it. */
export function hasCapacity(
  claim: PersistentVolumeClaim,
  storageClass: StorageClass,
  { metadata }: Node,
  view: Pick<VolumeView, 'driver' | 'capacities'>,
): boolean {
  const wanted = requestedSize(claim);
  if (quantitySign(wanted) <= 0 || !view.driver(storageClass.provisioner)?.spec.storageCapacity) return true;
  return view.capacities(storageClass.metadata.name ?? '').some(({ capacity, maximumVolumeSize, nodeTopology }) => {
    const limit = maximumVolumeSize ?? capacity;
    if (limit === undefined || !nodeTopology || compareQuantities(limit, wanted) < 0) return false;
    return compileLabelSelector(nodeTopology).matches(metadata.labels ?? {});
  });
}
