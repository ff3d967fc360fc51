import type { Infer } from '#machinery/schema.ts';
import { bool, embedded, int32, message, optional, pointer, required, string } from '#machinery/schema.ts';
import { preemptionPolicy } from '../../core/pod/schema.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const priorityClass = message('scheduling/v1.PriorityClass', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  value: required(2, int32, { notRequired: true }),
  globalDefault: optional(3, bool),
  description: optional(4, string),
  preemptionPolicy: pointer(5, preemptionPolicy),
});
export interface PriorityClass extends Infer<typeof priorityClass> {}
