import { defineKind } from '#machinery/kind.ts';
import { persistentVolumeColumns } from './columns.ts';
import { type PersistentVolume, persistentVolume } from './schema.ts';
import { defaultPersistentVolume, persistentVolumeStatusSubresource, persistentVolumeStrategy } from './strategy.ts';

/** `persistentvolumes`. */
export const persistentVolumes = defineKind<PersistentVolume>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  shortNames: ['pv'],
  namespaced: false,
  schema: persistentVolume,
  subresources: {
    status: persistentVolumeStatusSubresource,
  },
  defaults: defaultPersistentVolume,
  strategy: { ...persistentVolumeStrategy, returnsDeleted: true },
  columns: persistentVolumeColumns,
});
