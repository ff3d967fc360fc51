import type { Infer } from '#machinery/schema.ts';
import { embedded, int32, message, optional, required, string } from '#machinery/schema.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const scaleSpec = message('autoscaling/v1.ScaleSpec', {
  replicas: optional(1, int32, { default: 0 }),
});
export interface ScaleSpec extends Infer<typeof scaleSpec> {}

export const scaleStatus = message('autoscaling/v1.ScaleStatus', {
  replicas: required(1, int32),
  selector: optional(2, string),
});
export interface ScaleStatus extends Infer<typeof scaleStatus> {}

export const scale = message('autoscaling/v1.Scale', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: embedded(2, scaleSpec),
  status: embedded(3, scaleStatus),
});
export interface Scale extends Infer<typeof scale> {}
