/**
 * The node's part of making a volume larger: the driver grows what is on it, and the claim gets its new size.
 *
 * Source: KEP-284, KEP-1790; kubernetes `pkg/volume/util/operationexecutor/node_expander.go`.
 */
import type { Client } from '#client/client.ts';
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import type { PersistentVolumeClaim } from '#kinds/core/persistent-volume-claim/schema.ts';
import type { PersistentVolume } from '#kinds/core/persistent-volume/schema.ts';
import { compareQuantities, quantityValue } from '#machinery/quantity.ts';
import type { CsiDriverNode } from './driver.ts';
import type { capabilityOf } from './request.ts';

/** Whether the volume has grown while the claim does not show it yet, and it is the node's turn. */
export function needsExpansion(claim: PersistentVolumeClaim, volume: PersistentVolume): boolean {
  const size = volume.spec.capacity?.['storage'] ?? '0';
  if (compareQuantities(size, claim.status.capacity?.['storage'] ?? '0') <= 0) return false;
  const step = claim.status.allocatedResourceStatuses?.['storage'];
  return (
    step === 'NodeResizePending' ||
    step === 'NodeResizeInProgress' ||
    (claim.status.conditions ?? []).some(({ type, status }) => type === 'FileSystemResizePending' && status === 'True')
  );
}

/** The claim's status when the node is done. */
export function expandedStatus({ status }: PersistentVolumeClaim, size: string): PersistentVolumeClaim['status'] {
  const { conditions = [], allocatedResourceStatuses: { storage: _done, ...statuses } = {}, ...rest } = status;
  const left = conditions.filter(({ type }) => type !== 'FileSystemResizePending' && type !== 'Resizing' && type !== 'NodeResizeError');
  return {
    ...rest,
    capacity: { ...status.capacity, storage: size },
    ...(left.length > 0 ? { conditions: left } : {}),
    ...(Object.keys(statuses).length > 0 ? { allocatedResourceStatuses: statuses } : {}),
  };
}

/** Where the volume is on the node. */
export interface ExpansionPlace {
  readonly volumePath: string;
  readonly stagingPath: string;
  readonly capability: ReturnType<typeof capabilityOf>;
  /** Tells the claim. */
  readonly client: Client;
}

/** Grows the volume when that is due; answers whether the driver can grow volumes at all. @throws StatusError */
export async function expandOnNode(
  { claim, persistent }: { readonly claim: PersistentVolumeClaim; readonly persistent: PersistentVolume },
  driver: CsiDriverNode,
  { volumePath, stagingPath, capability, client }: ExpansionPlace,
  signal: AbortSignal,
): Promise<boolean> {
  if (!driver.capabilities.has('expandVolume')) return false;
  if (!needsExpansion(claim, persistent)) return true;
  const size = persistent.spec.capacity?.['storage'] ?? '0';
  const request = {
    volumeId: persistent.spec.csi!.volumeHandle,
    volumePath,
    stagingTargetPath: stagingPath,
    volumeCapability: capability,
    capacityRange: { requiredBytes: quantityValue(size) },
  };
  await driver.call('expand', request, signal);
  const api = client.of(persistentVolumeClaims).namespace(claim.metadata.namespace ?? '');
  await api.updateStatus({ ...claim, status: expandedStatus(claim, size) }, {}, signal);
  return true;
}
