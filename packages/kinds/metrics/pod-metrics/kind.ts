import { defineKind } from '#machinery/kind.ts';
import { addQuantities } from '#machinery/quantity.ts';
import { nameColumn } from '../../cells.ts';
import { usageColumn, windowColumn } from '../columns.ts';
import { type PodMetrics, podMetrics } from './schema.ts';

const total = ({ containers }: PodMetrics, resource: string): string => containers.reduce((sum, { usage }) => addQuantities(sum, usage[resource] ?? '0'), '0');

/** `pods` of metrics.k8s.io: what the containers of pods use. Answered by the metrics server, where there is one. */
export const podMetricsKind = defineKind<PodMetrics>({
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  kind: 'PodMetrics',
  plural: 'pods',
  singular: '',
  namespaced: true,
  virtual: true,
  verbs: ['get', 'list'],
  schema: podMetrics,
  columns: [nameColumn, usageColumn('cpu', (pod) => total(pod, 'cpu')), usageColumn('memory', (pod) => total(pod, 'memory')), windowColumn],
});
