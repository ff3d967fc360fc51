import { defineKind } from '#machinery/kind.ts';
import { autoscalerColumns } from './columns.ts';
import { fromAutoscalerV2, toAutoscalerV2 } from './convert.ts';
import { defaultAutoscalerV1 } from './defaults.ts';
import { type HorizontalPodAutoscaler, horizontalPodAutoscaler } from './schema-v1.ts';
import type { HorizontalPodAutoscaler as HorizontalPodAutoscalerV2 } from './schema.ts';
import { autoscalerV1StatusSubresource, autoscalerV1Strategy } from './strategy.ts';

/** `horizontalpodautoscalers` of autoscaling. */
export const horizontalPodAutoscalersV1 = defineKind<HorizontalPodAutoscaler>({
  group: 'autoscaling',
  version: 'v1',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  shortNames: ['hpa'],
  categories: ['all'],
  namespaced: true,
  schema: horizontalPodAutoscaler,
  subresources: {
    status: autoscalerV1StatusSubresource,
  },
  stored: { group: 'autoscaling', version: 'v2', toStored: toAutoscalerV2, fromStored: fromAutoscalerV2 },
  defaults: defaultAutoscalerV1,
  strategy: autoscalerV1Strategy,
  columns: autoscalerColumns.map((column) => ({
    ...column,
    cell: (object: HorizontalPodAutoscaler, nowMs: number) => column.cell(toAutoscalerV2(object) as HorizontalPodAutoscalerV2, nowMs),
  })),
});
