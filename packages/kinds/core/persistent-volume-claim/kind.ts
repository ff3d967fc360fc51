import { defineKind } from '#machinery/kind.ts';
import { type PersistentVolumeClaim, persistentVolumeClaim } from './schema.ts';

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
    status: { verbs: ['get', 'patch', 'update'] },
  },
});
