import { defineKind } from '#machinery/kind.ts';
import { serviceColumns } from './columns.ts';
import { defaultService } from './defaults.ts';
import { type Service, service } from './schema.ts';
import { serviceStatusSubresource, serviceStrategy } from './strategy.ts';

/** `services`. */
export const services = defineKind<Service>({
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  shortNames: ['svc'],
  categories: ['all'],
  namespaced: true,
  schema: service,
  subresources: {
    proxy: { type: { group: '', version: 'v1', kind: 'ServiceProxyOptions' }, verbs: ['create', 'delete', 'get', 'patch', 'update'], path: true },
    status: serviceStatusSubresource,
  },
  defaults: defaultService,
  strategy: { ...serviceStrategy, returnsDeleted: true },
  selectableFields: { 'spec.clusterIP': ({ spec }) => spec.clusterIP ?? '', 'spec.type': ({ spec }) => spec.type ?? '' },
  columns: serviceColumns,
});
