import { defineKind } from '#machinery/kind.ts';
import { endpointSliceColumns } from './columns.ts';
import { defaultEndpointSlice } from './defaults.ts';
import { type EndpointSlice, endpointSlice } from './schema.ts';
import { endpointSliceStrategy } from './strategy.ts';

/** `endpointslices` of discovery.k8s.io. */
export const endpointSlices = defineKind<EndpointSlice>({
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  namespaced: true,
  schema: endpointSlice,
  defaults: defaultEndpointSlice,
  strategy: endpointSliceStrategy,
  columns: endpointSliceColumns,
});
