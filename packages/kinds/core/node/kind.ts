import { defineKind } from '#machinery/kind.ts';
import { type Node, node } from './schema.ts';

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
    status: { verbs: ['get', 'patch', 'update'] },
  },
});
