import { defineKind } from '#machinery/kind.ts';
import { type HorizontalPodAutoscaler, horizontalPodAutoscaler } from './schema-v1.ts';

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
    status: { verbs: ['get', 'patch', 'update'] },
  },
});
