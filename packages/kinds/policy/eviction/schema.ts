import type { Infer } from '#machinery/schema.ts';
import { embedded, message, pointer } from '#machinery/schema.ts';
import { deleteOptions, objectMeta, typeMeta } from '#machinery/meta.ts';

export const eviction = message('policy/v1.Eviction', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  deleteOptions: pointer(2, deleteOptions),
});
export interface Eviction extends Infer<typeof eviction> {}
