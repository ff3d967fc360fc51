import { defineKind } from '#machinery/kind.ts';
import { type CSINode, csiNode } from './schema.ts';
import { csiNodeColumns, csiNodeStrategy } from './strategy.ts';

/** `csinodes` of storage.k8s.io. */
export const csiNodes = defineKind<CSINode>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSINode',
  plural: 'csinodes',
  namespaced: false,
  schema: csiNode,
  strategy: { ...csiNodeStrategy, returnsDeleted: true },
  columns: csiNodeColumns,
});
