import type { Infer } from '#machinery/schema.ts';
import { bool, embedded, int32, map, message, optional, pointer, required, string, time } from '#machinery/schema.ts';
import { persistentVolumeSpec } from '../../core/persistent-volume/schema.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const volumeAttachmentSource = message('storage/v1.VolumeAttachmentSource', {
  persistentVolumeName: pointer(1, string),
  inlineVolumeSpec: pointer(2, persistentVolumeSpec),
});
export interface VolumeAttachmentSource extends Infer<typeof volumeAttachmentSource> {}

export const volumeAttachmentSpec = message('storage/v1.VolumeAttachmentSpec', {
  attacher: required(1, string),
  source: required(2, volumeAttachmentSource),
  nodeName: required(3, string),
});
export interface VolumeAttachmentSpec extends Infer<typeof volumeAttachmentSpec> {}

export const volumeError = message('storage/v1.VolumeError', {
  time: optional(1, time),
  message: optional(2, string),
  errorCode: pointer(3, int32, { gates: ['MutableCSINodeAllocatableCount'] }),
});
export interface VolumeError extends Infer<typeof volumeError> {}

export const volumeAttachmentStatus = message('storage/v1.VolumeAttachmentStatus', {
  attached: required(1, bool),
  attachmentMetadata: optional(2, map(string)),
  attachError: pointer(3, volumeError),
  detachError: pointer(4, volumeError),
});
export interface VolumeAttachmentStatus extends Infer<typeof volumeAttachmentStatus> {}

export const volumeAttachment = message('storage/v1.VolumeAttachment', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: required(2, volumeAttachmentSpec),
  status: embedded(3, volumeAttachmentStatus),
});
export interface VolumeAttachment extends Infer<typeof volumeAttachment> {}
