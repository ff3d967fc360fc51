import type { Infer } from '#machinery/schema.ts';
import { embedded, message, required } from '#machinery/schema.ts';
import { objectReference } from '../references.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const binding = message('core/v1.Binding', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  target: required(2, objectReference),
});
export interface Binding extends Infer<typeof binding> {}
