/**
 * Which ResourceClaim a pod's claim stands for.
 *
 * Source: `k8s.io/dynamic-resource-allocation/resourceclaim`.
 */
import { controllerRef } from '#controller/owners.ts';
import type { Pod, PodResourceClaim } from '#kinds/core/pod/schema.ts';
import type { ResourceClaim } from '#kinds/resource/resource-claim/schema.ts';

/** On generated claims: which claim of the pod they are for. */
export const POD_CLAIM_NAME = 'resource.kubernetes.io/pod-claim-name';
/** A name of 63 characters leaves this much before a hyphen and five random ones. */
const MAX_BASE_LENGTH = 57;

/** `none`: the pod does without. `unknown`: not generated yet. */
export type ClaimName = { readonly type: 'none' } | { readonly type: 'unknown' } | { readonly type: 'named'; readonly name: string; readonly generated: boolean };

/** The name of the claim, as spec or status have it. */
export function claimNameOf(pod: Pod, claim: PodResourceClaim): ClaimName {
  if (claim.resourceClaimName !== undefined) return { type: 'named', name: claim.resourceClaimName, generated: false };
  if (claim.resourceClaimTemplateName === undefined) return { type: 'none' };
  const known = pod.status.resourceClaimStatuses?.find(({ name }) => name === claim.name);
  if (!known) return { type: 'unknown' };
  return known.resourceClaimName === undefined ? { type: 'none' } : { type: 'named', name: known.resourceClaimName, generated: true };
}

/** Whether the claim was generated for this very pod. */
export function isForPod(claim: ResourceClaim, pod: Pod): boolean {
  return controllerRef(claim)?.uid === pod.metadata.uid && claim.metadata.namespace === pod.metadata.namespace;
}

/** Begins the generated name: pod and claim, both shortened alike when they are too long. */
export function generateNameOf(podName: string, claimName: string): string {
  const full = `${podName}-${claimName}`;
  if (full.length <= MAX_BASE_LENGTH) return `${full}-`;
  const cut = (text: string): string => text.slice(0, Math.floor((text.length * MAX_BASE_LENGTH) / full.length));
  return `${cut(podName)}-${cut(claimName)}-`;
}

/** Whether the pod uses or may still use its devices. */
export function mayUseClaims({ metadata, spec, status }: Pod): boolean {
  if (status.phase === 'Succeeded' || status.phase === 'Failed') return false;
  // A pod that is deleted before it came to a node never runs.
  return !(metadata.deletionTimestamp && !spec.nodeName);
}
