import type { Infer } from '#machinery/schema.ts';
import { embedded, list, map, message, optional, pointer, quantity, required, string } from '#machinery/schema.ts';
import { toleration } from '../../core/pod/affinity.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const overhead = message('node/v1.Overhead', {
  podFixed: optional(1, map(quantity)),
});
export interface Overhead extends Infer<typeof overhead> {}

export const scheduling = message('node/v1.Scheduling', {
  nodeSelector: optional(1, map(string), { mapType: 'atomic' }),
  tolerations: optional(2, list(toleration)),
});
export interface Scheduling extends Infer<typeof scheduling> {}

export const runtimeClass = message('node/v1.RuntimeClass', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  handler: required(2, string),
  overhead: pointer(3, overhead),
  scheduling: pointer(4, scheduling),
});
export interface RuntimeClass extends Infer<typeof runtimeClass> {}
