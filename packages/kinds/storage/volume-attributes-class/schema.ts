import type { Infer } from '#machinery/schema.ts';
import { embedded, map, message, optional, required, string } from '#machinery/schema.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const volumeAttributesClass = message('storage/v1.VolumeAttributesClass', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  driverName: required(2, string),
  parameters: optional(3, map(string)),
});
export interface VolumeAttributesClass extends Infer<typeof volumeAttributesClass> {}
