import { defineKind } from '#machinery/kind.ts';
import { type Service, service } from './schema.ts';

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
    status: { verbs: ['get', 'patch', 'update'] },
  },
});
