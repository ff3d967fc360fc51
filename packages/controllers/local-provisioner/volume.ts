/**
 * The volumes of the built-in provisioner: directories of one node.
 */
import type { Fresh } from '#client/client.ts';
import { PROVISIONED_BY, SELECTED_NODE, STORAGE_PROVISIONER } from '#kinds/core/persistent-volume/annotations.ts';
import { requestedSize, waitsForConsumer } from '#kinds/core/persistent-volume/matching.ts';
import type { PersistentVolume } from '#kinds/core/persistent-volume/schema.ts';
import type { PersistentVolumeClaim } from '#kinds/core/persistent-volume-claim/schema.ts';
import type { StorageClass } from '#kinds/storage/storage-class/schema.ts';
import { compareQuantities } from '#machinery/quantity.ts';

/** What classes name as their provisioner. */
export const LOCAL_PROVISIONER = 'navarch.dev/local';
/** Keeps a volume until its directory is gone. */
export const LOCAL_FINALIZER = 'external-provisioner.volume.kubernetes.io/finalizer';

const HOSTNAME = 'kubernetes.io/hostname';

/** Why the claim cannot be served by a directory; `undefined` when it can. */
export function whyImpossible({ spec }: PersistentVolumeClaim): string | undefined {
  const { accessModes = [], volumeMode, selector, dataSource, dataSourceRef } = spec;
  if (volumeMode === 'Block') return 'a directory cannot be a block device (volumeMode Block)';
  if (accessModes.some((mode) => mode !== 'ReadWriteOnce' && mode !== 'ReadWriteOncePod'))
    return 'only the access modes ReadWriteOnce and ReadWriteOncePod are supported';
  if (selector) return 'claim.Spec.Selector is not supported';
  return dataSource || dataSourceRef ? 'volumes are not filled from a data source' : undefined;
}

/** The node of the volume to be made: the one the scheduler chose, else any of `nodes`; `undefined` when it is not this provisioner's turn. */
export function nodeFor({ metadata, spec }: PersistentVolumeClaim, storageClass: StorageClass, nodes: readonly string[]): string | undefined {
  const { [STORAGE_PROVISIONER]: provisioner, [SELECTED_NODE]: selected } = metadata.annotations ?? {};
  if (spec.volumeName || metadata.deletionTimestamp || provisioner !== LOCAL_PROVISIONER || storageClass.provisioner !== LOCAL_PROVISIONER)
    return undefined;
  if (selected !== undefined) return nodes.includes(selected) ? selected : undefined;
  return waitsForConsumer(storageClass) ? undefined : nodes[0];
}

/** A volume's name. */
export const volumeNameOf = ({ metadata }: PersistentVolumeClaim): string => `pvc-${metadata.uid}`;

/** The volume for the claim, a directory at `path` of `node`. */
export function localVolume(claim: PersistentVolumeClaim, storageClass: StorageClass, node: string, path: string): Fresh<PersistentVolume> {
  const { name, namespace, uid, resourceVersion } = claim.metadata;
  return {
    metadata: { name: volumeNameOf(claim), annotations: { [PROVISIONED_BY]: LOCAL_PROVISIONER }, finalizers: [LOCAL_FINALIZER] },
    spec: {
      capacity: { storage: requestedSize(claim) },
      accessModes: claim.spec.accessModes ?? [],
      claimRef: { kind: 'PersistentVolumeClaim', apiVersion: 'v1', name: name!, namespace: namespace!, uid: uid!, resourceVersion: resourceVersion! },
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      storageClassName: storageClass.metadata.name!,
      volumeMode: 'Filesystem',
      local: { path },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: HOSTNAME, operator: 'In', values: [node] }] }] } },
    },
  };
}

/** The node and path of a volume that this provisioner made. */
export function placeOf({ metadata, spec }: PersistentVolume): { readonly node: string; readonly path: string } | undefined {
  if (metadata.annotations?.[PROVISIONED_BY] !== LOCAL_PROVISIONER) return undefined;
  const requirement = spec.nodeAffinity?.required?.nodeSelectorTerms[0]?.matchExpressions?.find(({ key }) => key === HOSTNAME);
  const node = requirement?.values?.[0];
  return node !== undefined && spec.local ? { node, path: spec.local.path } : undefined;
}

/** What a volume of this provisioner needs. */
export type LocalVolumeStep = 'none' | 'delete' | 'remove-directory' | 'let-go';

/** Decides: a released volume is deleted when the policy says so; one that is being deleted takes its directory along, unless it is to be kept. */
export function localVolumeStep({ metadata, spec, status }: PersistentVolume): LocalVolumeStep {
  const deletes = spec.persistentVolumeReclaimPolicy === 'Delete';
  if (!metadata.deletionTimestamp) return deletes && status.phase === 'Released' ? 'delete' : 'none';
  if (!metadata.finalizers?.includes(LOCAL_FINALIZER) || status.phase === 'Bound') return 'none';
  return deletes ? 'remove-directory' : 'let-go';
}

/** The size to which the claim's volume is to grow; directories grow by saying so. */
export function growsTo(claim: PersistentVolumeClaim, volume: PersistentVolume): string | undefined {
  if (claim.status.phase !== 'Bound' || volume.spec.claimRef?.uid !== claim.metadata.uid) return undefined;
  const wanted = requestedSize(claim);
  const known = claim.status.capacity?.['storage'] ?? '0';
  return compareQuantities(wanted, known) > 0 ? wanted : undefined;
}
