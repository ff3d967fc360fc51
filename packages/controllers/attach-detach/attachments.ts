/**
 * Which volumes belong on a node, which are there, and what follows.
 *
 * Source: kubernetes `pkg/controller/volume/attachdetach`, `pkg/volume/csi`; the documented non-graceful node shutdown.
 */
import { createHash } from 'node:crypto';
import type { Node } from '#kinds/core/node/schema.ts';
import type { PersistentVolume } from '#kinds/core/persistent-volume/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { VolumeAttachment } from '#kinds/storage/volume-attachment/schema.ts';

/** How long a volume that its node still uses is waited for when the node is not healthy. */
export const FORCE_DETACH_MS = 6 * 60_000;

const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';

/** The name of a CSI volume in `node.status`. */
export function uniqueVolumeName({ spec }: PersistentVolume): string {
  return `kubernetes.io/csi/${spec.csi?.driver}^${spec.csi?.volumeHandle}`;
}

/** The name of the attachment of a CSI volume to a node. */
export function attachmentName({ spec }: PersistentVolume, node: string): string {
  return `csi-${createHash('sha256').update(`${spec.csi?.volumeHandle}${spec.csi?.driver}${node}`).digest('hex')}`;
}

/** Whether the pod needs its volumes on its node: until it has ended. */
export function needsVolumes({ metadata, spec, status }: Pod): boolean {
  if (!spec.nodeName || status.phase === 'Succeeded' || status.phase === 'Failed') return false;
  const stopped = (status.containerStatuses ?? []).every(
    ({ state }) => state?.running === undefined && (state?.terminated !== undefined || state?.waiting !== undefined),
  );
  return !(metadata.deletionTimestamp && status.containerStatuses !== undefined && stopped);
}

/** Whether only one node at a time may have the volume. */
export function isExclusive({ spec }: PersistentVolume): boolean {
  const modes = spec.accessModes ?? [];
  return modes.length > 0 && !modes.includes('ReadWriteMany') && !modes.includes('ReadOnlyMany');
}

/** What is to be done about an attachment that no pod needs. */
export type DetachStep = { readonly type: 'detach'; readonly forced?: 'timeout' | 'out-of-service' } | { readonly type: 'wait'; readonly ms: number | undefined };

/**
 * Decides when a volume may be taken from its node: when the node no longer uses it, at once from a node that is out of service, and after
 * `FORCE_DETACH_MS` from one that is not healthy. `unneededMs`: how long no pod has needed it.
 */
export function detachStep(node: Node | undefined, volumeName: string, unneededMs: number): DetachStep {
  const inUse = node ? (node.status.volumesInUse ?? []).includes(volumeName) : true;
  const outOfService = node?.spec.taints?.some(({ key }) => key === OUT_OF_SERVICE) ?? false;
  if (!inUse) return { type: 'detach' };
  if (outOfService) return { type: 'detach', forced: 'out-of-service' };
  const healthy = node?.status.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
  if (healthy) return { type: 'wait', ms: undefined };
  return unneededMs >= FORCE_DETACH_MS ? { type: 'detach', forced: 'timeout' } : { type: 'wait', ms: FORCE_DETACH_MS - unneededMs };
}

/** What pods are told of a volume that another node has. `others`: pods there that use it. */
export function multiAttachText(volume: string, others: readonly Pod[], own: string): string {
  const quoted = JSON.stringify(volume);
  if (others.length === 0)
    return `Multi-Attach error for volume ${quoted} Volume is already exclusively attached to one node and can't be attached to another`;
  const near = others.filter(({ metadata }) => metadata.namespace === own).map(({ metadata }) => metadata.name);
  const far = others.length - near.length;
  if (near.length === 0) return `Multi-Attach error for volume ${quoted} Volume is already used by ${far} pod(s) in different namespaces`;
  const more = far > 0 ? ` and ${far} pod(s) in different namespaces` : '';
  return `Multi-Attach error for volume ${quoted} Volume is already used by pod(s) ${near.join(', ')}${more}`;
}

/** Whether the attachment is in force. */
export const isAttached = ({ metadata, status }: VolumeAttachment): boolean => status.attached && !metadata.deletionTimestamp;
