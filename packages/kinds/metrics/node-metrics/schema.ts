import type { Infer } from '#machinery/schema.ts';
import { duration, embedded, map, message, quantity, required, time } from '#machinery/schema.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const nodeMetrics = message('metrics/v1beta1.NodeMetrics', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  timestamp: required(2, time),
  window: required(3, duration),
  usage: required(4, map(quantity)),
});
export interface NodeMetrics extends Infer<typeof nodeMetrics> {}
