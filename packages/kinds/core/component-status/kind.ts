import { defineKind } from '#machinery/kind.ts';
import { componentStatusColumns } from './columns.ts';
import { type ComponentStatus, componentStatus } from './schema.ts';

/** `componentstatuses`. */
export const componentStatuses = defineKind<ComponentStatus>({
  group: '',
  version: 'v1',
  kind: 'ComponentStatus',
  plural: 'componentstatuses',
  shortNames: ['cs'],
  namespaced: false,
  verbs: ['get', 'list'],
  schema: componentStatus,
  columns: componentStatusColumns,
});
