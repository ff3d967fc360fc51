import { defineKind } from '#machinery/kind.ts';
import { type ResourceClaim, resourceClaim } from './schema.ts';

/** `resourceclaims` of resource.k8s.io. */
export const resourceClaims = defineKind<ResourceClaim>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaim',
  plural: 'resourceclaims',
  namespaced: true,
  schema: resourceClaim,
  subresources: {
    status: { verbs: ['get', 'patch', 'update'] },
  },
});
