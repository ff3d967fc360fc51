/**
 * The life of an autoscaler. Its generation is not counted.
 *
 * Source: kubernetes `pkg/registry/autoscaling/horizontalpodautoscaler`.
 */
import type { Strategy, Subresource } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import { statusSubresource } from '../../strategy.ts';
import { toAutoscalerV2 } from './convert.ts';
import type { HorizontalPodAutoscaler } from './schema.ts';
import type { HorizontalPodAutoscaler as HorizontalPodAutoscalerV1 } from './schema-v1.ts';
import { validateAutoscaler, validateAutoscalerStatus } from './validation.ts';

/** Rules of an autoscaler's life. */
export const autoscalerStrategy: Strategy<HorizontalPodAutoscaler> = {
  unconditionalUpdate: true,
  prepareForCreate(draft) {
    draft.status = { desiredReplicas: 0 };
  },
  prepareForUpdate(draft, stored) {
    draft.status = stored.status as Draft<HorizontalPodAutoscaler['status']>;
  },
  validate: (autoscaler, context) => validateAutoscaler(autoscaler, context),
  validateUpdate: (autoscaler, stored, context) => validateAutoscaler(autoscaler, context, stored),
};

/** `status`. */
export const autoscalerStatusSubresource: Subresource = statusSubresource<HorizontalPodAutoscaler>({ validate: validateAutoscalerStatus });

/** Rules of the life of an autoscaler of the old version. */
export const autoscalerV1Strategy: Strategy<HorizontalPodAutoscalerV1> = {
  unconditionalUpdate: true,
  prepareForCreate(draft) {
    draft.status = { currentReplicas: 0, desiredReplicas: 0 };
  },
  prepareForUpdate(draft, stored) {
    draft.status = stored.status as Draft<HorizontalPodAutoscalerV1['status']>;
  },
  validate: (autoscaler, context) => validateAutoscaler(toAutoscalerV2(autoscaler) as HorizontalPodAutoscaler, context),
  validateUpdate: (autoscaler, stored, context) =>
    validateAutoscaler(toAutoscalerV2(autoscaler) as HorizontalPodAutoscaler, context, toAutoscalerV2(stored) as HorizontalPodAutoscaler),
};

/** `status` of the old version. */
export const autoscalerV1StatusSubresource: Subresource = statusSubresource<HorizontalPodAutoscalerV1>({
  validate: (autoscaler) => validateAutoscalerStatus(toAutoscalerV2(autoscaler) as HorizontalPodAutoscaler),
});
