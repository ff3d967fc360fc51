/**
 * Metrics of ResourceClaims, under upstream's names.
 *
 * Source: kube-controller-manager `pkg/controller/resourceclaim/metrics`.
 */
import type { Counter, MetricRegistry, Sample } from '#base/metrics.ts';
import type { Informer } from '#client/informer.ts';
import type { ResourceClaim } from '#kinds/resource/resource-claim/schema.ts';
import { POD_CLAIM_NAME } from './claim-names.ts';

const EXTENDED_RESOURCE_CLAIM = 'resource.kubernetes.io/extended-resource-claim';

/** Whether a claim asks for devices as an administrator. */
export function asksAsAdmin({ devices }: ResourceClaim['spec']): boolean {
  return (devices?.requests ?? []).some((request) => request.exactly?.adminAccess === true);
}

/** Where a claim comes from; empty for those that people made. */
function sourceOf({ metadata: { annotations = {} } }: ResourceClaim): string {
  if (annotations[POD_CLAIM_NAME] !== undefined) return 'resource_claim_template';
  return annotations[EXTENDED_RESOURCE_CLAIM] === undefined ? '' : 'extended_resource';
}

/** Registers how many claims there are; answers the counter of attempts to make one, by `success` or `failure` and `true` or `false` for administrators. */
export function resourceClaimMetrics(registry: MetricRegistry | undefined, claims: Informer<ResourceClaim>): Counter | undefined {
  const help =
    "Number of ResourceClaims, categorized by allocation status, admin access, and source. Source can be 'resource_claim_template' (created from a template), 'extended_resource' (extended resources), or empty (manually created by a user).";
  registry?.gauge({ name: 'resourceclaim_controller_resource_claims', help, labels: ['allocated', 'admin_access', 'source'] }, () => {
    const counts = new Map<string, Sample>();
    for (const claim of claims.lister.list()) {
      const labels = [String(claim.status.allocation !== undefined), String(asksAsAdmin(claim.spec)), sourceOf(claim)];
      const key = labels.join();
      counts.set(key, { labels, value: (counts.get(key)?.value ?? 0) + 1 });
    }
    return counts.values();
  });
  return registry?.counter({
    name: 'resourceclaim_controller_creates_total',
    help: 'Number of ResourceClaims creation requests, categorized by creation status and admin access',
    labels: ['status', 'admin_access'],
  });
}
