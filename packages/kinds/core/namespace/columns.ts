import type { Column } from '#machinery/kind.ts';
import { ageColumn, nameColumn } from '../../cells.ts';
import type { Namespace } from './schema.ts';

/** What `kubectl get namespaces` shows. */
export const namespaceColumns: readonly Column<Namespace>[] = [
  nameColumn,
  { name: 'Status', type: 'string', description: 'The status of the namespace', cell: ({ status }) => status.phase ?? '' },
  ageColumn,
];
