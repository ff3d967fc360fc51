/**
 * Which claims a pod uses.
 */
import type { Pod } from '#kinds/core/pod/schema.ts';
import { claimNamesOf } from '#kinds/core/pod/claims.ts';

/** The keys (`namespace/name`) of the claims that the pod uses, ephemeral ones too. */
export function podClaimKeys(pod: Pod): string[] {
  return claimNamesOf(pod).map((name) => `${pod.metadata.namespace}/${name}`);
}
