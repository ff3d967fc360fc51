import type { Infer } from '#machinery/schema.ts';
import { duration, embedded, list, map, message, quantity, required, string, time } from '#machinery/schema.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const containerMetrics = message('metrics/v1beta1.ContainerMetrics', {
  name: required(1, string),
  usage: required(2, map(quantity)),
});
export interface ContainerMetrics extends Infer<typeof containerMetrics> {}

export const podMetrics = message('metrics/v1beta1.PodMetrics', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  timestamp: required(2, time),
  window: required(3, duration),
  containers: required(4, list(containerMetrics)),
});
export interface PodMetrics extends Infer<typeof podMetrics> {}
