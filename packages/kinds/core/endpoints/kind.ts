import { defineKind } from '#machinery/kind.ts';
import { endpointsColumns } from './columns.ts';
import { defaultEndpoints } from './defaults.ts';
import { type Endpoints, endpoints as endpointsSchema } from './schema.ts';
import { validateEndpoints } from './validation.ts';

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
  strategy: { createOnUpdate: true, unconditionalUpdate: true, validate: validateEndpoints, validateUpdate: validateEndpoints },
  columns: endpointsColumns,
});
