import type { Column } from '#machinery/kind.ts';
import { ageColumn, nameColumn, NONE } from '../../cells.ts';
import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from './schema.ts';

/** Metrics that a row shows. */
const SHOWN = 2;
const UNKNOWN = '<unknown>';
/** A status that lacks the amount which its target is in. */
const NIL = '<nil>';

/** What `kubectl get horizontalpodautoscalers` shows. */
export const autoscalerColumns: readonly Column<HorizontalPodAutoscaler>[] = [
  nameColumn,
  {
    name: 'Reference',
    type: 'string',
    description: 'What is scaled.',
    cell: ({ spec }) => `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`,
  },
  { name: 'Targets', type: 'string', description: 'Metrics: current and wanted.', cell: targetsText },
  {
    name: 'MinPods',
    type: 'string',
    description: 'The fewest pods.',
    cell: ({ spec }) => (spec.minReplicas === undefined ? '<unset>' : String(spec.minReplicas)),
  },
  { name: 'MaxPods', type: 'string', description: 'The most pods.', cell: ({ spec }) => spec.maxReplicas },
  { name: 'Replicas', type: 'string', description: 'Pods now.', cell: ({ status }) => status.currentReplicas ?? 0 },
  ageColumn,
];

function targetsText({ spec, status }: HorizontalPodAutoscaler): string {
  const metrics = spec.metrics ?? [];
  if (!metrics.length) return NONE;
  const texts = metrics.map((metric, index) => metricText(metric, status.currentMetrics?.[index]));
  const shown = texts.slice(0, SHOWN).join(', ');
  return texts.length > SHOWN ? `${shown} + ${texts.length - SHOWN} more...` : shown;
}

function metricText(metric: MetricSpec, status: MetricStatus | undefined): string {
  switch (metric.type) {
    case 'External':
      return valueText(metric.external!.target, status?.external?.current);
    case 'Object':
      return valueText(metric.object!.target, status?.object?.current);
    case 'Pods':
      return `${amountText(status?.pods?.current, 'averageValue')}/${metric.pods!.target.averageValue ?? NIL}`;
    case 'Resource':
      return `${metric.resource!.name}: ${usageText(metric.resource!.target, status?.resource?.current)}`;
    case 'ContainerResource':
      return `${metric.containerResource!.name}: ${usageText(metric.containerResource!.target, status?.containerResource?.current)}`;
    default:
      return '<unknown type>';
  }
}

function valueText(target: MetricTarget, current: MetricValueStatus | undefined): string {
  if (target.averageValue !== undefined) return `${current?.averageValue ?? UNKNOWN}/${target.averageValue} (avg)`;
  return `${amountText(current, 'value')}/${target.value ?? NIL}`;
}

function amountText(current: MetricValueStatus | undefined, name: 'value' | 'averageValue'): string {
  return current ? (current[name] ?? NIL) : UNKNOWN;
}

function usageText(target: MetricTarget, current: MetricValueStatus | undefined): string {
  if (target.averageValue !== undefined) return `${amountText(current, 'averageValue')}/${target.averageValue}`;
  const now = current?.averageUtilization === undefined ? UNKNOWN : `${current.averageUtilization}%`;
  return `${now}/${target.averageUtilization === undefined ? '<auto>' : `${target.averageUtilization}%`}`;
}
