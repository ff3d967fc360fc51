import { defineKind } from '#machinery/kind.ts';
import { endpointsColumns } from './columns.ts';
import { defaultEndpoints } from './defaults.ts';
import { type Endpoints, endpoints as endpointsSchema } from './schema.ts';
import { endpointsWarnings, validateEndpoints, validateEndpointsUpdate } from './validation.ts';

/** `endpoints`. */
export const endpoints = defineKind<Endpoints>({
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  plural: 'endpoints',
  shortNames: ['ep'],
  namespaced: true,
  schema: endpointsSchema,
  defaults: defaultEndpoints,
  deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  strategy: { createOnUpdate: true, unconditionalUpdate: true, validate: validateEndpoints, validateUpdate: validateEndpointsUpdate, warnings: endpointsWarnings },
  columns: endpointsColumns,
});
