import type { Column } from '#machinery/kind.ts';
import { ageColumn, nameColumn } from '../../cells.ts';
import type { Scale } from './schema.ts';

/** What `kubectl get --subresource=scale` shows. */
export const scaleColumns: readonly Column<Scale>[] = [
  { ...nameColumn, format: '' },
  { name: 'Desired', type: 'integer', description: 'Replicas that are wanted.', cell: ({ spec }) => spec.replicas ?? 0 },
  { name: 'Available', type: 'integer', description: 'Replicas that exist.', cell: ({ status }) => status.replicas },
  ageColumn,
];
