import { defineKind } from '#machinery/kind.ts';
import { nameAndAge } from '../../cells.ts';
import { defaultDeviceClaim } from '../defaults.ts';
import { type ResourceClaimTemplate, resourceClaimTemplate } from './schema.ts';
import { resourceClaimTemplateStrategy } from './strategy.ts';

/** `resourceclaimtemplates` of resource.k8s.io. */
export const resourceClaimTemplates = defineKind<ResourceClaimTemplate>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaimTemplate',
  plural: 'resourceclaimtemplates',
  namespaced: true,
  schema: resourceClaimTemplate,
  defaults(draft) {
    defaultDeviceClaim(draft.spec?.spec?.devices);
  },
  strategy: { ...resourceClaimTemplateStrategy, returnsDeleted: true },
  columns: nameAndAge,
});
