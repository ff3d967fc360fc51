import { defineKind } from '#machinery/kind.ts';
import { defaultDeviceClaim, defaultTolerations } from '../defaults.ts';
import { type ResourceClaim, resourceClaim } from './schema.ts';
import { resourceClaimColumns, resourceClaimStatus, resourceClaimStrategy } from './strategy.ts';

/** `resourceclaims` of resource.k8s.io. */
export const resourceClaims = defineKind<ResourceClaim>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaim',
  plural: 'resourceclaims',
  namespaced: true,
  schema: resourceClaim,
  subresources: {
    status: resourceClaimStatus,
  },
  defaults(draft) {
    defaultDeviceClaim(draft.spec?.devices);
    for (const result of draft.status?.allocation?.devices?.results ?? []) defaultTolerations(result.tolerations);
  },
  strategy: { ...resourceClaimStrategy, returnsDeleted: true },
  columns: resourceClaimColumns,
});
