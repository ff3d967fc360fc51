import type { Column } from '#machinery/kind.ts';
import { ageColumn, nameColumn } from '../../cells.ts';
import type { Secret } from './schema.ts';

/** What `kubectl get secrets` shows. */
export const secretColumns: readonly Column<Secret>[] = [
  nameColumn,
  { name: 'Type', type: 'string', description: 'What the secret is for.', cell: ({ type }) => type ?? '' },
  { name: 'Data', type: 'string', description: 'Number of entries.', cell: ({ data }) => Object.keys(data ?? {}).length },
  ageColumn,
];
