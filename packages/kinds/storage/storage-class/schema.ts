import type { Infer } from '#machinery/schema.ts';
import { bool, embedded, list, map, message, oneOf, optional, pointer, required, string } from '#machinery/schema.ts';
import { persistentVolumeReclaimPolicy } from '../../core/persistent-volume/schema.ts';
import { topologySelectorTerm } from '../../core/references.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const volumeBindingMode = oneOf('Immediate', 'WaitForFirstConsumer');

export const storageClass = message('storage/v1.StorageClass', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  provisioner: required(2, string),
  parameters: optional(3, map(string)),
  reclaimPolicy: pointer(4, persistentVolumeReclaimPolicy),
  mountOptions: optional(5, list(string)),
  allowVolumeExpansion: pointer(6, bool),
  volumeBindingMode: pointer(7, volumeBindingMode),
  allowedTopologies: optional(8, list(topologySelectorTerm)),
});
export interface StorageClass extends Infer<typeof storageClass> {}
