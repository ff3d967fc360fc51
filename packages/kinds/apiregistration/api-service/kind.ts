import { defineKind } from '#machinery/kind.ts';
import { type APIService, apiService } from './schema.ts';
import { apiServiceColumns, apiServiceStatus, apiServiceStrategy } from './strategy.ts';

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
    status: apiServiceStatus,
  },
  defaults(draft) {
    if (draft.spec?.service) draft.spec.service.port ??= 443;
  },
  strategy: apiServiceStrategy,
  columns: apiServiceColumns,
});
