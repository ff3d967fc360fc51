import type { Infer } from '#machinery/schema.ts';
import { bool, bytes, embedded, map, message, optional, pointer, string } from '#machinery/schema.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const configMap = message('core/v1.ConfigMap', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  immutable: pointer(4, bool),
  data: optional(2, map(string)),
  binaryData: optional(3, map(bytes)),
});
export interface ConfigMap extends Infer<typeof configMap> {}
