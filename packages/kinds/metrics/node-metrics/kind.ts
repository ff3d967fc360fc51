import { defineKind } from '#machinery/kind.ts';
import { nameColumn } from '../../cells.ts';
import { usageColumn, windowColumn } from '../columns.ts';
import { type NodeMetrics, nodeMetrics } from './schema.ts';

/** `nodes` of metrics.k8s.io: what nodes use. Answered by the metrics server, where there is one. */
export const nodeMetricsKind = defineKind<NodeMetrics>({
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  kind: 'NodeMetrics',
  plural: 'nodes',
  singular: '',
  namespaced: false,
  virtual: true,
  verbs: ['get', 'list'],
  schema: nodeMetrics,
  columns: [nameColumn, usageColumn('cpu', ({ usage }) => usage['cpu']), usageColumn('memory', ({ usage }) => usage['memory']), windowColumn],
});
