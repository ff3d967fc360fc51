import { defineKind } from '#machinery/kind.ts';
import { type APIService, apiService } from './schema.ts';

/** `apiservices` of apiregistration.k8s.io. */
export const apiServices = defineKind<APIService>({
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  plural: 'apiservices',
  categories: ['api-extensions'],
  namespaced: false,
  schema: apiService,
  subresources: {
    status: { verbs: ['get', 'patch', 'update'] },
  },
});
