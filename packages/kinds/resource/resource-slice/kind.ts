import { defineKind } from '#machinery/kind.ts';
import { type ResourceSlice, resourceSlice } from './schema.ts';
import { defaultResourceSlice, resourceSliceColumns, resourceSliceFields, resourceSliceStrategy } from './strategy.ts';

/** `resourceslices` of resource.k8s.io. */
export const resourceSlices = defineKind<ResourceSlice>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceSlice',
  plural: 'resourceslices',
  namespaced: false,
  schema: resourceSlice,
  defaults: defaultResourceSlice,
  strategy: { ...resourceSliceStrategy, returnsDeleted: true },
  selectableFields: resourceSliceFields,
  columns: resourceSliceColumns,
});
