import { defineKind } from '#machinery/kind.ts';
import { type PersistentVolume, persistentVolume } from './schema.ts';

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
    status: { verbs: ['get', 'patch', 'update'] },
  },
});
