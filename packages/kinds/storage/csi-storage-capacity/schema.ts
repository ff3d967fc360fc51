import type { Infer } from '#machinery/schema.ts';
import { embedded, message, pointer, quantity, required, string } from '#machinery/schema.ts';
import { labelSelector, objectMeta, typeMeta } from '#machinery/meta.ts';

export const csiStorageCapacity = message('storage/v1.CSIStorageCapacity', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  nodeTopology: pointer(2, labelSelector),
  storageClassName: required(3, string),
  capacity: pointer(4, quantity),
  maximumVolumeSize: pointer(5, quantity),
});
export interface CSIStorageCapacity extends Infer<typeof csiStorageCapacity> {}
