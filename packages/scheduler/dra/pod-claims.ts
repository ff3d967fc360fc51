/**
 * The ResourceClaims of a pod.
 *
 * Source: `k8s.io/dynamic-resource-allocation/resourceclaim`.
 */
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { ResourceClaim } from '#kinds/resource/resource-claim/schema.ts';

/** The claims, or why they cannot be used (yet). */
export function claimsOfPod(pod: Pod, find: (key: string) => ResourceClaim | undefined): readonly ResourceClaim[] | string {
  const claims: ResourceClaim[] = [];
  const { namespace, uid } = pod.metadata;
  for (const one of pod.spec.resourceClaims ?? []) {
    const generated = pod.status.resourceClaimStatuses?.find(({ name }) => name === one.name);
    if (one.resourceClaimName === undefined && !generated) return `waiting for dynamic resource claim "${one.name}" to be created`;
    const name = one.resourceClaimName ?? generated?.resourceClaimName;
    // A generated claim may turn out not to be needed.
    if (name === undefined) continue;
    const claim = find(`${namespace}/${name}`);
    if (!claim) return `resourceclaim "${name}" not found`;
    if (claim.metadata.deletionTimestamp) return `resourceclaim "${name}" is being deleted`;
    const owner = claim.metadata.ownerReferences?.find((reference) => reference.controller);
    if (one.resourceClaimName === undefined && owner?.uid !== uid) return `ResourceClaim ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`;
    claims.push(claim);
  }
  return claims;
}
