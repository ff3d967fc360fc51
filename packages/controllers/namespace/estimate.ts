/**
 * How long content may still take to go.
 */
import type { Pod } from '#kinds/core/pod/schema.ts';

/** What content with finalizers is given; upstream's guess. */
export const FINALIZER_ESTIMATE_SECONDS = 15;

/** Seconds until the pods' grace periods have passed, given how long ago the namespace was deleted; 0 when they should be gone. */
export function podsEstimateSeconds(pods: readonly Pod[], deletedForMs: number): number {
  let longest = 0;
  for (const { spec, status } of pods) {
    if (status.phase === 'Succeeded' || status.phase === 'Failed') continue;
    longest = Math.max(longest, spec.terminationGracePeriodSeconds ?? 0);
  }
  return deletedForMs >= longest * 1000 ? 0 : longest;
}
