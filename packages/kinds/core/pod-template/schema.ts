import type { Infer } from '#machinery/schema.ts';
import { embedded, message } from '#machinery/schema.ts';
import { podTemplateSpec } from '../pod/schema.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const podTemplate = message('core/v1.PodTemplate', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  template: embedded(2, podTemplateSpec),
});
export interface PodTemplate extends Infer<typeof podTemplate> {}
