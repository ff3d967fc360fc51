import type { Column } from '#machinery/kind.ts';
import { ageColumn, nameColumn } from '../../cells.ts';
import type { PersistentVolumeClaim } from './schema.ts';

const SHORT_MODES: readonly (readonly [string, string])[] = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
];

/** `RWO,ROX` in the usual order, each mode once. */
export function accessModesText(modes: readonly string[] | undefined): string {
  return SHORT_MODES.filter(([mode]) => modes?.includes(mode))
    .map(([, short]) => short)
    .join(',');
}

/** What an unset value shows. */
export const UNSET = '<unset>';

const BETA_CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

/** The storage class of a claim or volume, from its old annotation where it has one. */
export function storageClassText(object: {
  readonly metadata: PersistentVolumeClaim['metadata'];
  readonly spec: { readonly storageClassName?: string };
}): string {
  return object.metadata.annotations?.[BETA_CLASS_ANNOTATION] ?? object.spec.storageClassName ?? '';
}

/** What `kubectl get persistentvolumeclaims` shows. */
export const claimColumns: readonly Column<PersistentVolumeClaim>[] = [
  nameColumn,
  {
    name: 'Status',
    type: 'string',
    description: 'The phase of the claim.',
    cell: ({ metadata, status }) => (metadata.deletionTimestamp ? 'Terminating' : (status.phase ?? '')),
  },
  { name: 'Volume', type: 'string', description: 'The volume that backs the claim.', cell: ({ spec }) => spec.volumeName ?? '' },
  {
    name: 'Capacity',
    type: 'string',
    description: 'The size of the volume.',
    cell: ({ spec, status }) => (spec.volumeName ? (status.capacity?.['storage'] ?? '0') : ''),
  },
  {
    name: 'Access Modes',
    type: 'string',
    description: 'How the volume can be mounted.',
    cell: ({ spec, status }) => (spec.volumeName ? accessModesText(status.accessModes) : ''),
  },
  { name: 'StorageClass', type: 'string', description: 'The storage class.', cell: storageClassText },
  {
    name: 'VolumeAttributesClass',
    type: 'string',
    description: 'The volume attributes class.',
    cell: ({ spec }) => spec.volumeAttributesClassName ?? UNSET,
  },
  ageColumn,
  { name: 'VolumeMode', type: 'string', description: 'How the volume shows to pods.', priority: 1, cell: ({ spec }) => spec.volumeMode ?? UNSET },
];
