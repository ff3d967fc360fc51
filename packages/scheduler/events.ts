/**
 * Changes in the cluster that may make a rejected pod schedulable.
 */
import type { KubeObject } from '#machinery/kind.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';

/** What happened. `AssignedPod` events concern pods that have a node; `PodUpdate` the waiting pod itself. */
export type ClusterEventType =
  | 'AssignedPodAdd'
  | 'AssignedPodDelete'
  | 'AssignedPodUpdate'
  | 'PodUpdate'
  | 'NodeAdd'
  | 'NodeDelete'
  | 'NodeAllocatable'
  | 'NodeLabels'
  | 'NodeTaints'
  | 'NodeConditions'
  | `${WatchedKind}${'Add' | 'Update' | 'Delete'}`;

/** Kinds besides pods and nodes that plugins may wait for; watched only when a plugin's events name them. */
export type WatchedKind =
  | 'PersistentVolume'
  | 'PersistentVolumeClaim'
  | 'StorageClass'
  | 'CSINode'
  | 'CSIDriver'
  | 'CSIStorageCapacity'
  | 'VolumeAttachment'
  | 'Service'
  | 'Namespace'
  | 'ResourceClaim'
  | 'ResourceSlice'
  | 'DeviceClass';

/** A change with the object before and after. */
export interface ClusterEvent {
  readonly type: ClusterEventType;
  readonly next?: KubeObject | undefined;
  readonly previous?: KubeObject | undefined;
}

/** A plugin's word on which events help: by type, and optionally by looking closer. */
export interface EventHint {
  readonly on: readonly ClusterEventType[];
  helps?(pod: Pod, event: ClusterEvent): boolean;
}

/** What differs between two states of a node, as event types; several at once are possible. */
export function nodeEventTypes(next: Node, previous: Node): ClusterEventType[] {
  const types: ClusterEventType[] = [];
  const same = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);
  if (!same(next.status.allocatable, previous.status.allocatable)) types.push('NodeAllocatable');
  if (!same(next.metadata.labels, previous.metadata.labels)) types.push('NodeLabels');
  if (!same(next.spec.taints, previous.spec.taints) || next.spec.unschedulable !== previous.spec.unschedulable) types.push('NodeTaints');
  const states = (node: Node): unknown => node.status.conditions?.map(({ type, status }) => [type, status]);
  if (!same(states(next), states(previous))) types.push('NodeConditions');
  return types;
}

/** Whether a waiting pod's own update may make it fit: most of the status and the resourceVersion do not. */
export function podChangedForScheduling(next: Pod, previous: Pod): boolean {
  const facts = ({ spec, metadata, status }: Pod): string => JSON.stringify([spec, metadata.labels, status.resourceClaimStatuses]);
  return facts(next) !== facts(previous);
}
