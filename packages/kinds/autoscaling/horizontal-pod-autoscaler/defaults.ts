/**
 * Defaults of autoscalers.
 *
 * Source: kubernetes `pkg/apis/autoscaling/v2/defaults.go`, `v1/defaults.go`.
 */
import type { Draft } from '#machinery/schema.ts';
import type { HPAScalingRules, HorizontalPodAutoscaler } from './schema.ts';
import type { HorizontalPodAutoscaler as HorizontalPodAutoscalerV1 } from './schema-v1.ts';

/** CPU that pods should use when nothing else is asked for, percent of what they request. */
export const DEFAULT_CPU_UTILIZATION = 80;

/** Fills an autoscaler. */
export function defaultAutoscaler(draft: Draft<HorizontalPodAutoscaler>): void {
  const spec = (draft.spec ??= {});
  spec.minReplicas ??= 1;
  if (!spec.metrics?.length)
    spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: DEFAULT_CPU_UTILIZATION } } }];
  if (!spec.behavior) return;
  spec.behavior.scaleUp = withDefaults(spec.behavior.scaleUp, {
    stabilizationWindowSeconds: 0,
    policies: [
      { type: 'Pods', value: 4, periodSeconds: 15 },
      { type: 'Percent', value: 100, periodSeconds: 15 },
    ],
  });
  spec.behavior.scaleDown = withDefaults(spec.behavior.scaleDown, { policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] });
}

function withDefaults(rules: Draft<HPAScalingRules> | undefined, defaults: Draft<HPAScalingRules>): Draft<HPAScalingRules> {
  const filled: Draft<HPAScalingRules> = { ...defaults, selectPolicy: 'Max', ...rules };
  if (!rules?.policies?.length && defaults.policies) filled.policies = defaults.policies;
  return filled;
}

/** Fills an autoscaler of the old version. */
export function defaultAutoscalerV1(draft: Draft<HorizontalPodAutoscalerV1>): void {
  const spec = (draft.spec ??= {});
  spec.minReplicas ??= 1;
}
