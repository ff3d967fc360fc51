import type { Infer } from '#machinery/schema.ts';
import { embedded, int64, message, optional, rawExtension, required } from '#machinery/schema.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const controllerRevision = message('apps/v1.ControllerRevision', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  data: optional(2, rawExtension),
  revision: required(3, int64),
});
export interface ControllerRevision extends Infer<typeof controllerRevision> {}
