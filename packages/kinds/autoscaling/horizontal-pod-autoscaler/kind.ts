import { defineKind } from '#machinery/kind.ts';
import { autoscalerColumns } from './columns.ts';
import { defaultAutoscaler } from './defaults.ts';
import { type HorizontalPodAutoscaler, horizontalPodAutoscaler } from './schema.ts';
import { autoscalerStatusSubresource, autoscalerStrategy } from './strategy.ts';

/** `horizontalpodautoscalers` of autoscaling. */
export const horizontalPodAutoscalers = defineKind<HorizontalPodAutoscaler>({
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  shortNames: ['hpa'],
  categories: ['all'],
  namespaced: true,
  schema: horizontalPodAutoscaler,
  subresources: {
    status: autoscalerStatusSubresource,
  },
  defaults: defaultAutoscaler,
  strategy: autoscalerStrategy,
  columns: autoscalerColumns,
});
