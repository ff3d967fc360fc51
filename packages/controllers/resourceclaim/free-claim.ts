/**
 * Takes consumers off a claim; the last one frees its devices.
 */
import type { ReconcileContext } from '#controller/controller.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { resourceClaims } from '#kinds/resource/resource-claim/kind.ts';
import type { ResourceClaim, ResourceClaimConsumerReference } from '#kinds/resource/resource-claim/schema.ts';
import { isReason } from '#machinery/status.ts';
import { isForPod, mayUseClaims, POD_CLAIM_NAME } from './claim-names.ts';

/** Keeps a claim as long as it has devices. */
const DELETE_PROTECTION = 'resource.kubernetes.io/delete-protection';

/** Leaves `kept` of the consumers. Without any, the claim gives its devices back, and goes when it was made for a pod (`owner`) that is done. */
export async function freeClaim(claim: ResourceClaim, kept: readonly ResourceClaimConsumerReference[], owner: Pod | undefined, { client, signal }: ReconcileContext): Promise<void> {
  const api = client.of(resourceClaims);
  const { finalizers = [], namespace = '', name = '', uid, deletionTimestamp } = claim.metadata;
  const { reservedFor = [], allocation: _, ...rest } = claim.status;
  const isProtected = finalizers.includes(DELETE_PROTECTION);
  let current = claim;
  // Updates, not patches: they fail when anything has changed meanwhile.
  if (kept.length > 0) {
    if (kept.length < reservedFor.length) await api.updateStatus({ ...claim, status: { ...claim.status, reservedFor: kept } }, {}, signal);
    return;
  }
  if (reservedFor.length > 0 || (deletionTimestamp && isProtected && claim.status.allocation)) {
    const freed = isProtected ? rest : { ...rest, ...(claim.status.allocation ? { allocation: claim.status.allocation } : {}) };
    current = await api.updateStatus({ ...claim, status: freed }, {}, signal);
  }
  // A protected claim without devices that is not freed here is about to get some.
  if (isProtected && !current.status.allocation && (current !== claim || deletionTimestamp)) {
    await api.update({ ...current, metadata: { ...current.metadata, finalizers: finalizers.filter((one) => one !== DELETE_PROTECTION) } }, {}, signal);
  }
  const isGenerated = claim.metadata.annotations?.[POD_CLAIM_NAME] !== undefined;
  if (!isGenerated || deletionTimestamp || !owner || !isForPod(claim, owner) || mayUseClaims(owner)) return;
  try {
    await api.namespace(namespace).delete(name, uid ? { preconditions: { uid } } : {}, signal);
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error;
  }
}
