import { defineKind } from '#machinery/kind.ts';
import { claimColumns } from './columns.ts';
import { type PersistentVolumeClaim, persistentVolumeClaim } from './schema.ts';
import { claimStatusSubresource, claimStrategy, defaultClaim } from './strategy.ts';

/** `persistentvolumeclaims`. */
export const persistentVolumeClaims = defineKind<PersistentVolumeClaim>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  shortNames: ['pvc'],
  namespaced: true,
  schema: persistentVolumeClaim,
  subresources: {
    status: claimStatusSubresource,
  },
  defaults: defaultClaim,
  strategy: { ...claimStrategy, returnsDeleted: true },
  columns: claimColumns,
});
