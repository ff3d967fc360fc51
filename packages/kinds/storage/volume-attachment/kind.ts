import { defineKind } from '#machinery/kind.ts';
import { type VolumeAttachment, volumeAttachment } from './schema.ts';
import { volumeAttachmentColumns, volumeAttachmentStatusSubresource, volumeAttachmentStrategy } from './strategy.ts';

/** `volumeattachments` of storage.k8s.io. */
export const volumeAttachments = defineKind<VolumeAttachment>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  plural: 'volumeattachments',
  namespaced: false,
  schema: volumeAttachment,
  subresources: {
    status: volumeAttachmentStatusSubresource,
  },
  strategy: { ...volumeAttachmentStrategy, returnsDeleted: true },
  columns: volumeAttachmentColumns,
});
