/**
 * Volumes, claims and attribute classes get a finalizer that keeps them while they are in use.
 *
 * Source: kubernetes `plugin/pkg/admission/storage/storageobjectinuseprotection`.
 */
import type { AdmissionPlugin } from './admission.ts';

const FINALIZERS: Readonly<Record<string, string>> = {
  '/persistentvolumes': 'kubernetes.io/pv-protection',
  '/persistentvolumeclaims': 'kubernetes.io/pvc-protection',
  'storage.k8s.io/volumeattributesclasses': 'kubernetes.io/vac-protection',
};

/** The plugin. */
export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  interest: { operations: ['CREATE'], resources: Object.keys(FINALIZERS) },
  admit({ object, kind }) {
    const finalizer = FINALIZERS[`${kind.group}/${kind.plural}`];
    if (!object || finalizer === undefined) return;
    const finalizers = object.metadata?.finalizers ?? [];
    if (!finalizers.includes(finalizer)) object.metadata = { ...object.metadata, finalizers: [...finalizers, finalizer] };
  },
};
