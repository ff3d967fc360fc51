/**
 * The claims of a StatefulSet's pods: made before the pod, kept or deleted with it as the retention policy says.
 *
 * Source: the documented `persistentVolumeClaimRetentionPolicy` (KEP-1847).
 */
import type { Client } from '#client/client.ts';
import type { EventRecorder } from '#client/event-recorder.ts';
import type { Lister } from '#client/informer.ts';
import { statefulSets } from '#kinds/apps/stateful-set/kind.ts';
import type { StatefulSet } from '#kinds/apps/stateful-set/schema.ts';
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import type { PersistentVolumeClaim } from '#kinds/core/persistent-volume-claim/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { isNamespaceTerminating } from '#controller/errors.ts';
import { newControllerRef } from '#controller/owners.ts';
import type { Kind } from '#machinery/kind.ts';
import type { OwnerReference } from '#machinery/meta.ts';
import { sameValue } from '#kinds/semantic-equal.ts';
import { isReason } from '#machinery/status.ts';
import { messageOf } from '../workload/pod-control.ts';
import { isInRange, podName } from './ordinals.ts';
import { claimsOf } from './pod.ts';

/** Works on the claims of one set. */
export interface ClaimWork {
  readonly client: Client;
  readonly events: EventRecorder;
  readonly claims: Lister<PersistentVolumeClaim>;
  readonly set: StatefulSet;
  readonly signal: AbortSignal;
}

/** Whose a claim should be; `undefined`: nobody's. */
export function wantedOwner(set: StatefulSet, ordinal: number, pod: Pod | undefined): OwnerReference | undefined {
  const { whenDeleted = 'Retain', whenScaled = 'Retain' } = set.spec.persistentVolumeClaimRetentionPolicy ?? {};
  if (whenScaled === 'Delete' && !isInRange(set, ordinal) && pod) {
    return { apiVersion: 'v1', kind: 'Pod', name: pod.metadata.name ?? '', uid: pod.metadata.uid ?? '', controller: true, blockOwnerDeletion: true };
  }
  return whenDeleted === 'Delete' ? newControllerRef(set, statefulSets as Kind) : undefined;
}

/** References without those to the set and to pods of this name, and with the wanted one. Owners that others set stay. */
function withOwner(references: readonly OwnerReference[] | undefined, set: StatefulSet, name: string, owner: OwnerReference | undefined): readonly OwnerReference[] {
  const foreign = (references ?? []).filter((one) => one.uid !== set.metadata.uid && !(one.kind === 'Pod' && one.name === name));
  if (!owner || foreign.some((one) => one.controller && owner.controller)) return foreign;
  return [...foreign, owner];
}

/** Whether a claim still belongs to an earlier pod of this ordinal and will go with it: nothing new may use it. */
export function isStaleClaim(claim: PersistentVolumeClaim, set: StatefulSet, ordinal: number, pod: Pod | undefined): boolean {
  return claim.metadata.ownerReferences?.some((one) => one.kind === 'Pod' && one.name === podName(set, ordinal) && one.uid !== pod?.metadata.uid) ?? false;
}

/** Makes the missing claims of a pod, all that can be made. @throws Error that names those which are missing or going away */
export async function createClaims({ client, events, claims, set, signal }: ClaimWork, ordinal: number): Promise<void> {
  const problems: string[] = [];
  for (const claim of claimsOf(set, ordinal)) {
    const { name = '', namespace = '' } = claim.metadata;
    const known = claims.get(`${namespace}/${name}`);
    if (known?.metadata.deletionTimestamp) problems.push(`pvc ${name} is being deleted`);
    if (known) continue;
    const owner = wantedOwner(set, ordinal, undefined);
    try {
      await client.of(persistentVolumeClaims).create({ ...claim, metadata: { ...claim.metadata, ...(owner ? { ownerReferences: [owner] } : {}) } }, {}, signal);
      events.event(set, 'Normal', 'SuccessfulCreate', `create Claim ${name} Pod ${podName(set, ordinal)} in StatefulSet ${set.metadata.name} success`);
    } catch (error) {
      if (isReason(error, 'AlreadyExists')) continue;
      if (!signal.aborted) {
        const message = `create Claim ${name} for Pod ${podName(set, ordinal)} in StatefulSet ${set.metadata.name} failed error: ${messageOf(error)}`;
        events.event(set, 'Warning', 'FailedCreate', message);
      }
      if (signal.aborted || isNamespaceTerminating(error)) throw error;
      problems.push(`failed to create PVC ${name}: ${messageOf(error)}`);
    }
  }
  if (problems.length > 0) throw new Error(problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`);
}

/** Makes the claims of a pod belong to whom the policy says. */
export async function ownClaims({ client, claims, set, signal }: ClaimWork, ordinal: number, pod: Pod | undefined): Promise<void> {
  for (const { metadata } of claimsOf(set, ordinal)) {
    const claim = claims.get(`${metadata.namespace}/${metadata.name}`);
    if (!claim || isStaleClaim(claim, set, ordinal, pod)) continue;
    const ownerReferences = withOwner(claim.metadata.ownerReferences, set, podName(set, ordinal), wantedOwner(set, ordinal, pod));
    if (sameValue(ownerReferences, claim.metadata.ownerReferences ?? [])) continue;
    await client.of(persistentVolumeClaims).update({ ...claim, metadata: { ...claim.metadata, ownerReferences } }, {}, signal);
  }
}
