import { defineKind } from '#machinery/kind.ts';
import { type StorageClass, storageClass } from './schema.ts';
import { defaultStorageClass, storageClassColumns, storageClassStrategy } from './strategy.ts';

/** `storageclasses` of storage.k8s.io. */
export const storageClasses = defineKind<StorageClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  shortNames: ['sc'],
  namespaced: false,
  schema: storageClass,
  defaults: defaultStorageClass,
  strategy: { ...storageClassStrategy, returnsDeleted: true },
  columns: storageClassColumns,
});
