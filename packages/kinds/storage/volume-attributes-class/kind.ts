import { defineKind } from '#machinery/kind.ts';
import { type VolumeAttributesClass, volumeAttributesClass } from './schema.ts';
import { volumeAttributesClassColumns, volumeAttributesClassStrategy } from './strategy.ts';

/** `volumeattributesclasses` of storage.k8s.io. */
export const volumeAttributesClasses = defineKind<VolumeAttributesClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttributesClass',
  plural: 'volumeattributesclasses',
  shortNames: ['vac'],
  namespaced: false,
  schema: volumeAttributesClass,
  strategy: { ...volumeAttributesClassStrategy, returnsDeleted: true },
  columns: volumeAttributesClassColumns,
});
