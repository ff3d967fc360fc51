import { defineKind } from '#machinery/kind.ts';
import { type ResourceClaimTemplate, resourceClaimTemplate } from './schema.ts';

/** `resourceclaimtemplates` of resource.k8s.io. */
export const resourceClaimTemplates = defineKind<ResourceClaimTemplate>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaimTemplate',
  plural: 'resourceclaimtemplates',
  namespaced: true,
  schema: resourceClaimTemplate,
});
