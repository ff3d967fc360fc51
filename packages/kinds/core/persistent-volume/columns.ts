import type { Column } from '#machinery/kind.ts';
import { ageColumn, nameColumn } from '../../cells.ts';
import { accessModesText, storageClassText, UNSET } from '../persistent-volume-claim/columns.ts';
import type { PersistentVolume } from './schema.ts';

/** What `kubectl get persistentvolumes` shows. */
export const persistentVolumeColumns: readonly Column<PersistentVolume>[] = [
  nameColumn,
  { name: 'Capacity', type: 'string', description: 'The size of the volume.', cell: ({ spec }) => spec.capacity?.['storage'] ?? '0' },
  { name: 'Access Modes', type: 'string', description: 'How the volume can be mounted.', cell: ({ spec }) => accessModesText(spec.accessModes) },
  {
    name: 'Reclaim Policy',
    type: 'string',
    description: 'What happens when its claim is gone.',
    cell: ({ spec }) => spec.persistentVolumeReclaimPolicy ?? '',
  },
  {
    name: 'Status',
    type: 'string',
    description: 'The phase of the volume.',
    cell: ({ metadata, status }) => (metadata.deletionTimestamp ? 'Terminating' : (status.phase ?? '')),
  },
  {
    name: 'Claim',
    type: 'string',
    description: 'The claim that it is bound to.',
    cell: ({ spec: { claimRef } }) => (claimRef ? `${claimRef.namespace ?? ''}/${claimRef.name ?? ''}` : ''),
  },
  { name: 'StorageClass', type: 'string', description: 'The storage class.', cell: storageClassText },
  {
    name: 'VolumeAttributesClass',
    type: 'string',
    description: 'The volume attributes class.',
    cell: ({ spec }) => spec.volumeAttributesClassName ?? UNSET,
  },
  { name: 'Reason', type: 'string', description: 'Why the volume is in its state.', cell: ({ status }) => status.reason ?? '' },
  ageColumn,
  { name: 'VolumeMode', type: 'string', description: 'How the volume shows to pods.', priority: 1, cell: ({ spec }) => spec.volumeMode ?? UNSET },
];
