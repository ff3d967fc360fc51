import { defineKind } from '#machinery/kind.ts';
import { type HorizontalPodAutoscaler, horizontalPodAutoscaler } from './schema.ts';

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
    status: { verbs: ['get', 'patch', 'update'] },
  },
});
