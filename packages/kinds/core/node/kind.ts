import { defineKind } from '#machinery/kind.ts';
import { nodeColumns } from './columns.ts';
import { defaultNode } from './defaults.ts';
import { type Node, node } from './schema.ts';
import { nodeStatusSubresource, nodeStrategy } from './strategy.ts';

/** `nodes`. */
export const nodes = defineKind<Node>({
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  shortNames: ['no'],
  namespaced: false,
  schema: node,
  subresources: {
    proxy: { type: { group: '', version: 'v1', kind: 'NodeProxyOptions' }, verbs: ['create', 'delete', 'get', 'patch', 'update'], path: true },
    status: nodeStatusSubresource,
  },
  defaults: defaultNode,
  strategy: nodeStrategy,
  selectableFields: { 'spec.unschedulable': ({ spec }) => String(spec.unschedulable ?? false) },
  columns: nodeColumns,
});
