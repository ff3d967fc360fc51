import type { Infer } from '#machinery/schema.ts';
import { embedded, int32, list, message, pointer, required, string } from '#machinery/schema.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const volumeNodeResources = message('storage/v1.VolumeNodeResources', {
  count: pointer(1, int32),
});
export interface VolumeNodeResources extends Infer<typeof volumeNodeResources> {}

export const csiNodeDriver = message('storage/v1.CSINodeDriver', {
  name: required(1, string),
  nodeID: required(2, string),
  topologyKeys: required(3, list(string), { notRequired: true }),
  allocatable: pointer(4, volumeNodeResources),
});
export interface CSINodeDriver extends Infer<typeof csiNodeDriver> {}

export const csiNodeSpec = message('storage/v1.CSINodeSpec', {
  drivers: required(1, list(csiNodeDriver), { listType: 'map', keys: ['name'], patch: 'merge', mergeKey: 'name' }),
});
export interface CSINodeSpec extends Infer<typeof csiNodeSpec> {}

export const csiNode = message('storage/v1.CSINode', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: required(2, csiNodeSpec),
});
export interface CSINode extends Infer<typeof csiNode> {}
